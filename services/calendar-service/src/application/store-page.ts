import type { Publication, SyncCounts } from '@evergrant/event-contracts'
import type { FactMetadata, UnitOfWork } from '@evergrant/event-store'
import {
  type EventChange,
  type GoogleCalendarEntry,
  type ResourceFact,
  resourceStream,
} from '../domain/resource-facts.ts'
import { firstSlice } from '../domain/rest.ts'
import { addCounts, noCounts } from '../domain/sync.ts'
import { isUnbelievable, type PageStep } from '../domain/sync-cursor.ts'
import { closeGone, closeSlice } from './close-slice.ts'
import type {
  CalendarRows,
  ChangedCalendar,
  CopyRows,
  EventRows,
  GooglePage,
  Resources,
  SyncedResource,
} from './ports.ts'
import { publishing } from './publications.ts'
import { record } from './record.ts'
import { switchSlice } from './switch-slice.ts'

export interface PageContext {
  readonly resource: SyncedResource
  readonly step: PageStep
  readonly at: Date
  readonly metadata: FactMetadata
  /** About how many rows are changed beside those of the page itself. */
  readonly sliceRows: number
}

export interface StoredStep {
  readonly counts: SyncCounts
  /** Where the pass is now: readers may not be switched to all of a generation yet. */
  readonly step: PageStep
  /** Resources to sync next; only a list that is complete names any. */
  readonly widenTo: readonly string[]
}

/** What an asked page counts for, whatever was in it. */
export const onePage: SyncCounts = { ...noCounts, pages: 1 }

/** Stores one page of a copy in the caller's transaction; the last page of a staged generation begins to make it readable,
 * and does when the changes fit in one slice. */
export async function storeCopyPage<Where, Page extends Where>(
  unit: UnitOfWork,
  rows: CopyRows<Where, Page>,
  toStore: Page,
  context: PageContext,
  publish: (changes: readonly EventChange[]) => readonly Publication[] = () => [],
): Promise<Pick<StoredStep, 'counts' | 'step'>> {
  const { resource, step, metadata, sliceRows } = context
  const { resourceId } = resource
  const facts: ResourceFact[] = []
  const changes: EventChange[] = []
  let counts = onePage
  let reached = step
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
    if (step.pass.staged) {
      const { syncToken } = step
      const rest = {
        kind: 'switch',
        syncToken,
        at: firstSlice,
        counts: noCounts,
        swept: 0,
        listed: 0,
      } as const
      const at = { resource, pass: step.pass, rest, mostRows: sliceRows }
      const switched = await switchSlice(unit, rows, toStore, at)
      changes.push(...switched.changes)
      counts = addCounts(counts, switched.counts)
      facts.push(...switched.facts)
      reached = switched.step
    } else {
      const data = { resourceId, generation, counts: noCounts, swept: 0 }
      facts.push({ type: 'GenerationCommitted', data })
    }
  }
  await record(unit, resourceStream(resource.kind, resourceId), {
    facts,
    publications: publish(changes),
    metadata,
  })
  return { counts, step: reached }
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

/** Stores one page of the calendar list; calendars that are gone are no longer found from then on, and closing their events
 * begins in the same transaction. */
export async function storeCalendarPage(
  unit: UnitOfWork,
  rows: {
    readonly calendars: CalendarRows
    readonly events: EventRows
    readonly resources: Pick<Resources, 'savePass'>
  },
  page: GooglePage<GoogleCalendarEntry>,
  context: PageContext,
): Promise<StoredStep> {
  const { resource, step, at, metadata, sliceRows } = context
  const { connectionId, userId } = resource
  const { generation, mode, pages } = step.pass
  const list = { connectionId, userId, generation, at }
  const stored = await rows.calendars.store(unit, { ...list, entries: page.items })
  const done = step.kind === 'done'
  const gone = [
    ...stored.removedIds,
    ...(done && mode === 'full' ? await rows.calendars.sweep(unit, list) : []),
  ]
  const closed = await closeGone(unit, gone, { ...rows, mostRows: sliceRows }, (calendarId, slice) => {
    const cause = { kind: 'calendar_gone', by: metadata.correlationId } as const
    const calendar: ChangedCalendar = { calendarId, connectionId, userId, at, cause }
    const publish = publishing(calendar)
    const closing = { kind: 'calendar', resourceId: calendarId, metadata, publish, ...slice } as const
    return closeSlice(unit, rows.events, calendar, closing)
  })
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
  // What went with its calendar is deleted as well, here or in a run of its own.
  const all = addCounts(counts, { ...noCounts, deleted: closed })
  return { counts: all, step, widenTo: done ? await rows.calendars.toWalk(unit, connectionId) : [] }
}
