import type { SyncCounts } from '@evergrant/event-contracts'
import type { FactMetadata, UnitOfWork } from '@evergrant/event-store'
import {
  calendarListStream,
  calendarStream,
  type EventChange,
  type ResourceFact,
} from '../domain/resource-facts.ts'
import { addCounts, noCounts } from '../domain/sync.ts'
import { isUnbelievable, type PageStep } from '../domain/sync-cursor.ts'
import type {
  CalendarRows,
  ChangedCalendar,
  EventRows,
  GoogleCalendarEntry,
  GoogleEventPage,
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
  /** Calendars to sync next; only a complete calendar list names any. */
  readonly widenTo: readonly string[]
}

/** What an asked page counts for, whatever was in it. */
export const onePage: SyncCounts = { ...noCounts, pages: 1 }

/** Stores one page of events in the caller's transaction; the last page of a staged generation makes it readable. */
export async function storeEventPage(
  unit: UnitOfWork,
  rows: EventRows,
  page: GoogleEventPage,
  context: PageContext,
): Promise<StoredStep> {
  const { resource, step, at, metadata } = context
  const calendar: ChangedCalendar = {
    calendarId: resource.resourceId,
    connectionId: resource.connectionId,
    userId: resource.userId,
    at,
  }
  const timeZone = page.timeZone ?? resource.timeZone ?? 'UTC'
  const toStore = { ...calendar, timeZone, events: page.items }
  const facts: ResourceFact[] = []
  const changes: EventChange[] = []
  let counts = onePage
  const { generation, mode, pages } = step.pass
  const stored = (pageCounts: SyncCounts) => {
    counts = addCounts(counts, pageCounts)
    // An empty delta is no news: polling writes no fact.
    if (mode === 'incremental' && pageCounts.upserted + pageCounts.deleted === 0) return
    const data = { resourceId: resource.resourceId, generation, page: pages, mode, counts: pageCounts }
    facts.push({ type: 'PageStored', data })
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
      ? await rows.swap(unit, calendar)
      : { counts: noCounts, changes: [], swept: 0 }
    changes.push(...swapped.changes)
    counts = addCounts(counts, swapped.counts)
    facts.push({
      type: 'GenerationCommitted',
      data: { resourceId: resource.resourceId, generation, counts: swapped.counts, swept: swapped.swept },
    })
  }
  await record(unit, calendarStream(resource.resourceId), { facts, calendar, changes, metadata })
  return { counts, widenTo: [] }
}

/** Whether the last page of a generation would close unbelievably much: nothing is, before a second look says the same. */
export async function closesUnbelievablyMuch(
  unit: UnitOfWork,
  rows: EventRows,
  at: { readonly calendarId: string; readonly page: GoogleEventPage; readonly step: PageStep },
): Promise<boolean> {
  const { calendarId, page, step } = at
  if (step.kind !== 'done' || !step.pass.staged || step.pass.secondLook === true) return false
  const { readable, absent } = await rows.absent(unit, calendarId)
  // The last page is not staged yet; counting it as found can only make the doubt smaller than it is by one page.
  return isUnbelievable({ readable, absent: Math.max(0, absent - page.items.length) })
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
  const stored = await rows.calendars.store(unit, { connectionId, userId, generation, entries: page.items })
  const done = step.kind === 'done'
  const gone = [
    ...stored.removedIds,
    ...(done && mode === 'full' ? await rows.calendars.sweep(unit, connectionId, generation) : []),
  ]
  for (const calendarId of gone) {
    const calendar: ChangedCalendar = { calendarId, connectionId, userId, at }
    const { changes } = await rows.events.closeAll(unit, calendar)
    const data = { resourceId: calendarId, connectionId, closed: changes.length }
    const facts: ResourceFact[] = [{ type: 'CalendarRemoved', data }]
    await record(unit, calendarStream(calendarId), { facts, calendar, changes, metadata })
  }
  const counts: SyncCounts = {
    ...stored.counts,
    pages: 1,
    deleted: stored.counts.deleted + gone.length - stored.removedIds.length,
  }
  if (mode === 'full' || counts.upserted + counts.deleted > 0) {
    const data = { resourceId: resource.resourceId, generation, page: pages, mode, counts }
    await unit.append<ResourceFact>({
      streamId: calendarListStream(resource.resourceId),
      streamType: 'calendar-list',
      expectedVersion: 'any',
      facts: [{ type: 'PageStored', data }],
      metadata,
    })
  }
  return { counts, widenTo: done ? await rows.calendars.present(unit, connectionId) : [] }
}

async function record(
  unit: UnitOfWork,
  streamId: string,
  news: {
    readonly facts: readonly ResourceFact[]
    readonly calendar: ChangedCalendar
    readonly changes: readonly EventChange[]
    readonly metadata: FactMetadata
  },
): Promise<void> {
  if (news.facts.length === 0) return
  const { at, ...calendar } = news.calendar
  await unit.append<ResourceFact>({
    streamId,
    streamType: 'calendar',
    // The run's lease and the locked resource row already keep every other writer out.
    expectedVersion: 'any',
    facts: news.facts,
    publications: changePublications(calendar, news.changes, at.toISOString()),
    metadata: news.metadata,
  })
}
