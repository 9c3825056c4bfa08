import { type Call, ok, param, type Reply } from '../http/call.ts'
import { googleError, notFound } from '../http/google-error.ts'
import { pageOf } from '../paging/paged-list.ts'
import type { World } from '../world.ts'
import { calendarCaller, openCalendar } from './access.ts'
import { tombstone } from './event-resource.ts'
import { matchesFilters } from './events-filter.ts'
import { listHead } from './events-list.ts'
import { parseEventsQuery } from './events-query.ts'
import { expandedEvents } from './expanded-events.ts'

/** events.instances: one series, expanded. */
export function listInstances(world: World, call: Call): Reply {
  const open = openCalendar(world, call, calendarCaller(world, call, 'readEvents', 'Events.Instances'))
  const master = open.calendar.events.get(param(call, 'eventId'))
  if (!master) throw notFound()
  if (master.resource.recurrence === undefined) {
    throw googleError(400, 'invalid', 'The event is not recurring.', { location: 'eventId' })
  }
  const asked = new URLSearchParams(call.query)
  asked.set('singleEvents', 'true')
  const query = parseEventsQuery(asked)
  const page = pageOf(world, {
    scope: `instances ${open.account.sub} ${open.calendar.id} ${master.resource.id}`,
    queryHash: query.hash,
    tokens: open.calendar.tokens,
    syncToken: query.syncToken,
    pageToken: query.pageToken,
    pageSize: query.pageSize,
    syncable: false,
    rowsSince: () =>
      expandedEvents(open.calendar, [master], query)
        .filter(({ item }) => matchesFilters(item, query, open.calendar))
        .map((row) => (row.item.status === 'cancelled' ? { ...row, item: tombstone(row.item) } : row)),
  })
  return ok({ ...listHead(open, query), ...page })
}
