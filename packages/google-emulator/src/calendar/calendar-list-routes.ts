import { type Call, ok, type Reply } from '../http/call.ts'
import { googleError } from '../http/google-error.ts'
import { type Route, route } from '../http/router.ts'
import { pageOf } from '../paging/paged-list.ts'
import { booleanFrom, pageSizeFrom, queryHashOf } from '../paging/query.ts'
import type { CalendarRecord, ListEntry } from '../state.ts'
import type { TokenEpoch } from '../token-epoch.ts'
import type { World } from '../world.ts'
import { calendarCaller, openCalendar } from './access.ts'
import { etagOf } from './event-resource.ts'

const roleOrder = ['freeBusyReader', 'reader', 'writer', 'owner']

const noEpoch: TokenEpoch = { epoch: 0, answer: 'full_sync_required' }

/** calendarList.list and .get, calendars.get. */
export function calendarListRoutes(world: World): Route[] {
  return [
    route('GET', '/calendar/v3/users/me/calendarList', (call) => list(world, call)),
    route('GET', '/calendar/v3/users/me/calendarList/:calendarId', (call) => {
      const open = openCalendar(world, call, calendarCaller(world, call, 'readLists', 'CalendarList.Get'))
      return ok(entryResource(open.calendar, open.entry))
    }),
    route('GET', '/calendar/v3/calendars/:calendarId', (call) => {
      const { calendar } = openCalendar(
        world,
        call,
        calendarCaller(world, call, 'readLists', 'Calendars.Get'),
      )
      const { id, summary, timeZone, description } = calendar
      const etag = etagOf(calendar.revision)
      const optional = description === null ? {} : { description }
      return ok({ kind: 'calendar#calendar', etag, id, summary, timeZone, ...optional })
    }),
  ]
}

function list(world: World, call: Call): Reply {
  const account = calendarCaller(world, call, 'readLists', 'CalendarList.List')
  const { query } = call
  const syncToken = query.get('syncToken')
  const minAccessRole = query.get('minAccessRole')
  if (syncToken !== null && minAccessRole !== null) {
    throw googleError(400, 'invalid', 'Sync token cannot be used with minAccessRole.', {
      location: 'syncToken',
    })
  }
  // Part of the query's identity, except that a delta always shows what went away.
  const names = ['minAccessRole', 'showDeleted', 'showHidden']
  const showDeleted = booleanFrom(query, 'showDeleted') ?? false
  const showHidden = booleanFrom(query, 'showHidden') ?? false
  const page = pageOf(world, {
    scope: `list ${account.sub}`,
    queryHash: queryHashOf(query, names),
    tokens: world.state.listTokens.get(account.sub) ?? noEpoch,
    syncToken,
    pageToken: query.get('pageToken'),
    pageSize: pageSizeFrom(query, { usual: 100, most: 250 }),
    syncable: minAccessRole === null,
    rowsSince: (revision) =>
      entriesOf(world, account.sub)
        .filter(({ entry }) =>
          revision === null
            ? (showDeleted || !entry.deleted) &&
              (showHidden || !entry.hidden) &&
              atLeast(entry, minAccessRole)
            : entry.revision > revision,
        )
        .map(({ calendar, entry }) => ({ sequence: entry.sequence, item: entryResource(calendar, entry) })),
  })
  return ok({ kind: 'calendar#calendarList', etag: etagOf(world.state.revision), ...page })
}

const atLeast = (entry: ListEntry, role: string | null) =>
  role === null || roleOrder.indexOf(entry.accessRole) >= roleOrder.indexOf(role)

function entriesOf(world: World, sub: string) {
  return [...world.state.listEntries.values()]
    .filter((entry) => entry.sub === sub)
    .toSorted((a, b) => a.sequence - b.sequence)
    .flatMap((entry) => {
      const calendar = world.state.calendars.get(entry.calendarId)
      return calendar ? [{ calendar, entry }] : []
    })
}

function entryResource(calendar: CalendarRecord, entry: ListEntry): object {
  const etag = etagOf(entry.revision)
  if (entry.deleted) return { kind: 'calendar#calendarListEntry', etag, id: calendar.id, deleted: true }
  return {
    kind: 'calendar#calendarListEntry',
    etag,
    id: calendar.id,
    summary: calendar.summary,
    ...(calendar.description !== null && { description: calendar.description }),
    timeZone: calendar.timeZone,
    accessRole: entry.accessRole,
    colorId: '14',
    backgroundColor: '#9fe1e7',
    foregroundColor: '#000000',
    selected: true,
    defaultReminders: entry.primary ? [{ method: 'popup', minutes: 30 }] : [],
    ...(entry.primary && { primary: true }),
    ...(entry.hidden && { hidden: true }),
  }
}
