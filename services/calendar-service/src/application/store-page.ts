import type { Publication, SyncCounts } from '@evergrant/event-contracts'
import type { FactMetadata, UnitOfWork } from '@evergrant/event-store'
import {
  type EventChange,
  type GoogleCalendarEntry,
  type ResourceFact,
  resourceStream,
} from '../domain/resource-facts.ts'
import { addCounts, noCounts } from '../domain/sync.ts'
import { isUnbelievable, type PageStep } from '../domain/sync-cursor.ts'
import type {
  CalendarRows,
  ChangedCalendar,
  CopyRows,
  EventRows,
  GooglePage,
  SyncedResource,
} from './ports.ts'
import { changePublications } from './publications.ts'

export interface PageContext {
  readonly resource: SyncedResource
  readonly step: PageStep
  readonly at: Date
  readonly metadata: FactMetadata
}

export interface StoredStep {
  readonly counts: SyncCounts
  /** Resources to sync next; only a list that is complete names any. */
  readonly widenTo: readonly string[]
}

/** What an asked page counts for, whatever was in it. */
export const onePage: SyncCounts = { ...noCounts, pages: 1 }

/** Stores one page of a copy in the caller's transaction; the last page of a staged generation makes it readable. */
export async function storeCopyPage<Where, Page extends Where>(
  unit: UnitOfWork,
  rows: CopyRows<Where, Page>,
  toStore: Page,
  context: PageContext,
  publish: (changes: readonly EventChange[]) => readonly Publication[] = () => [],
): Promise<SyncCounts> {
  const { resource, step, metadata } = context
  const { resourceId } = resource
  const facts: ResourceFact[] = []
  const changes: EventChange[] = []
  let counts = onePage
  const { generation, mode, pages } = step.pass
  const stored = (pageCounts: SyncCounts) => {
    counts = addCounts(counts, pageCounts)
    // An empty delta is no news: polling writes no fact.
    if (mode === 'incremental' && pageCounts.upserted + pageCounts.deleted === 0) return
    facts.push({
      type: 'PageStored',
      data: { resourceId, generation, page: pages, mode, counts: pageCounts },
    })
  }
  if (step.pass.staged) {
    await rows.stage(unit, toStore)
  } else {
    const result = await rows.store(unit, toStore)
    changes.push(...result.changes)
    stored(result.counts)
  }
  if (step.kind === 'done' && mode === 'full') {
    const swapped = step.pass.staged
      ? await rows.swap(unit, toStore)
      : { counts: noCounts, changes: [], swept: 0 }
    changes.push(...swapped.changes)
    counts = addCounts(counts, swapped.counts)
    facts.push({
      type: 'GenerationCommitted',
      data: { resourceId, generation, counts: swapped.counts, swept: swapped.swept },
    })
  }
  await record(unit, resourceStream(resource.kind, resourceId), {
    facts,
    publications: publish(changes),
    metadata,
  })
  return counts
}

/** Whether the last page of a generation would close unbelievably much: nothing is, before a second look says the same. */
export async function closesUnbelievablyMuch(
  unit: UnitOfWork,
  rows: Pick<CopyRows<never, never>, 'absent'>,
  at: { readonly resourceId: string; readonly itemsOnPage: number; readonly step: PageStep },
): Promise<boolean> {
  const { resourceId, itemsOnPage, step } = at
  if (step.kind !== 'done' || !step.pass.staged || step.pass.secondLook === true) return false
  const { readable, absent } = await rows.absent(unit, resourceId)
  // The last page is not staged yet; counting it as found can only make the doubt smaller than it is by one page.
  return isUnbelievable({ readable, absent: Math.max(0, absent - itemsOnPage) })
}

/** Stores one page of the calendar list; calendars that are gone have their events closed in the same transaction. */
export async function storeCalendarPage(
  unit: UnitOfWork,
  rows: { readonly calendars: CalendarRows; readonly events: EventRows },
  page: GooglePage<GoogleCalendarEntry>,
  context: PageContext,
): Promise<StoredStep> {
  const { resource, step, at, metadata } = context
  const { connectionId, userId } = resource
  const { generation, mode, pages } = step.pass
  const list = { connectionId, userId, generation, at }
  const stored = await rows.calendars.store(unit, { ...list, entries: page.items })
  const done = step.kind === 'done'
  const gone = [
    ...stored.removedIds,
    ...(done && mode === 'full' ? await rows.calendars.sweep(unit, list) : []),
  ]
  for (const calendarId of gone) {
    const cause = { kind: 'calendar_gone', by: metadata.correlationId } as const
    const calendar: ChangedCalendar = { calendarId, connectionId, userId, at, cause }
    const { changes } = await rows.events.closeAll(unit, calendar)
    const data = { resourceId: calendarId, connectionId, closed: changes.length }
    await record(unit, resourceStream('calendar', calendarId), {
      facts: [{ type: 'CalendarRemoved', data }],
      publications: changePublications({ calendarId, connectionId, userId }, changes, at.toISOString()),
      metadata,
    })
  }
  const counts: SyncCounts = {
    ...stored.counts,
    pages: 1,
    deleted: stored.counts.deleted + gone.length - stored.removedIds.length,
  }
  if (mode === 'full' || counts.upserted + counts.deleted > 0) {
    const { resourceId } = resource
    await record(unit, resourceStream('calendar_list', resourceId), {
      facts: [
        { type: 'PageStored', data: { resourceId, generation, page: pages, mode, counts } },
        {
          type: 'CalendarsListed',
          data: {
            ...{ resourceId, connectionId, userId, generation },
            entries: stored.listed,
            removedIds: gone,
            listedAt: at.toISOString(),
          },
        },
      ],
      publications: [],
      metadata,
    })
  }
  return { counts, widenTo: done ? await rows.calendars.present(unit, connectionId) : [] }
}

/** Appends what happened to a resource. */
export async function record(
  unit: UnitOfWork,
  stream: ReturnType<typeof resourceStream>,
  news: {
    readonly facts: readonly ResourceFact[]
    readonly publications: readonly Publication[]
    readonly metadata: FactMetadata
  },
): Promise<void> {
  if (news.facts.length === 0) return
  // The run's lease and the locked resource row already keep every other writer out.
  await unit.append<ResourceFact>({ ...stream, expectedVersion: 'any', ...news })
}
