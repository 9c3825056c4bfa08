import { type Call, ok, type Reply } from '../http/call.ts'
import { googleError } from '../http/google-error.ts'
import { firstAfter } from '../paging/in-order.ts'
import type { Row } from '../paging/page-snapshots.ts'
import { pageOf } from '../paging/paged-list.ts'
import type { CalendarRecord } from '../state.ts'
import type { World } from '../world.ts'
import { calendarCaller, type OpenCalendar, openCalendar } from './access.ts'
import { type EventRecord, type EventResource, etagOf, tombstone, withoutDetails } from './event-resource.ts'
import { matchesFilters } from './events-filter.ts'
import { type EventsQuery, parseEventsQuery } from './events-query.ts'
import { expandedEvents } from './expanded-events.ts'

/** events.list: full, filtered or incremental. */
export function listEvents(world: World, call: Call): Reply {
  const account = calendarCaller(world, call, 'readEvents', 'Events.List')
  const open = openCalendar(world, call, account)
  const query = parseEventsQuery(call.query)
  refuseOldUpdatedMin(world, query)
  const page = pageOf(world, {
    scope: `events ${account.sub} ${open.calendar.id}`,
    queryHash: query.hash,
    tokens: open.calendar.tokens,
    syncToken: query.syncToken,
    pageToken: query.pageToken,
    pageSize: query.pageSize,
    syncable: query.syncable,
    rowsSince: (revision) => rowsSince(open.calendar, query, revision).map((row) => shown(row, open)),
  })
  return ok({ ...listHead(open, query), ...page })
}

/** The window of `updatedMin` is about a month; beyond it deletions are no longer known. */
function refuseOldUpdatedMin(world: World, query: EventsQuery): void {
  const horizon = world.clock.now().getTime() - 29 * 24 * 3600 * 1000
  if (query.updatedMin === null || query.updatedMin >= horizon) return
  throw googleError(
    410,
    'updatedMinTooLongAgo',
    'The requested minimum modification time lies too far in the past.',
    {
      domain: 'calendar',
      location: 'updatedMin',
    },
  )
}

/** What every event list says about its calendar. */
export function listHead(
  { calendar, entry }: OpenCalendar,
  query: { readonly timeZone: string | null },
): object {
  const newest = calendar.writes.at(-1)
  return {
    kind: 'calendar#events',
    etag: etagOf(Math.max(calendar.revision, newest?.revision ?? 0)),
    summary: calendar.summary,
    description: calendar.description ?? '',
    updated: newest?.resource.updated ?? calendar.created,
    timeZone: query.timeZone ?? calendar.timeZone,
    accessRole: entry.accessRole,
    defaultReminders: entry.primary ? [{ method: 'popup', minutes: 30 }] : [],
  }
}

interface EventRow extends Row {
  readonly item: EventResource
}

function rowsSince(calendar: CalendarRecord, query: EventsQuery, revision: number | null): EventRow[] {
  const records = revision === null ? [...calendar.events.values()] : changedSince(calendar, revision)
  const expanded = query.singleEvents
    ? expandedEvents(calendar, records, query)
    : records.map((record) => ({ sequence: record.sequence, item: effective(calendar, record.resource) }))
  const listed = expanded.filter(({ item }) =>
    revision === null ? matchesFilters(item, query, calendar) : matchesTypes(item, query),
  )
  if (query.orderBy === 'updated') return renumbered(listed, (item) => item.updated)
  if (query.orderBy === 'startTime') return renumbered(listed, (item) => startKey(item))
  return listed.toSorted((a, b) => a.sequence - b.sequence)
}

/** What was written after a revision, with the exceptions of series that were cancelled by it. */
function changedSince(calendar: CalendarRecord, revision: number): EventRecord[] {
  const written = calendar.writes.slice(firstAfter(calendar.writes, (record) => record.revision, revision))
  const ids = new Set(written.map((record) => record.resource.id))
  const isGone = (id: string) => ids.has(id) && calendar.events.get(id)?.resource.status === 'cancelled'
  if (written.some(({ resource }) => resource.recurrence !== undefined && isGone(resource.id))) {
    for (const { resource } of calendar.events.values()) {
      if (isGone(resource.recurringEventId ?? '')) ids.add(resource.id)
    }
  }
  return [...ids].flatMap((id) => calendar.events.get(id) ?? [])
}

/** An occurrence of a cancelled series is cancelled, whatever it says itself. */
function effective(calendar: CalendarRecord, event: EventResource): EventResource {
  const master = calendar.events.get(event.recurringEventId ?? '')
  return master?.resource.status === 'cancelled' ? { ...event, status: 'cancelled' } : event
}

const matchesTypes = (event: EventResource, query: EventsQuery) =>
  query.eventTypes.length === 0 || query.eventTypes.includes(event.eventType ?? 'default')

const startKey = (event: EventResource) =>
  new Date(event.start?.dateTime ?? event.start?.date ?? 0).toISOString()

/** Pages go on by sequence, so an ordered list gets its own. */
function renumbered(rows: readonly EventRow[], key: (item: EventResource) => string): EventRow[] {
  return rows
    .toSorted((a, b) => key(a.item).localeCompare(key(b.item)) || a.sequence - b.sequence)
    .map((row, index) => ({ ...row, sequence: index + 1 }))
}

function shown(row: EventRow, open: OpenCalendar): Row {
  if (row.item.status === 'cancelled') return { ...row, item: tombstone(row.item) }
  return open.entry.accessRole === 'freeBusyReader' ? { ...row, item: withoutDetails(row.item) } : row
}
