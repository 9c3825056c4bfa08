import { type Call, ok, param, type Reply } from '../http/call.ts'
import { notFound } from '../http/google-error.ts'
import { type Route, route } from '../http/router.ts'
import type { World } from '../world.ts'
import { calendarCaller, openCalendar } from './access.ts'
import { moveEvent } from './event-move.ts'
import { changeEvent, deleteEvent, importEvent, insertEvent } from './event-writes.ts'
import { listEvents } from './events-list.ts'
import { findEvent } from './find-event.ts'
import { listInstances } from './instances-list.ts'

const events = '/calendar/v3/calendars/:calendarId/events'

/** The events collection of Calendar v3. */
export function eventRoutes(world: World): Route[] {
  return [
    route('GET', events, (call) => listEvents(world, call)),
    route('POST', events, (call) => insertEvent(world, call)),
    route('POST', `${events}/import`, (call) => importEvent(world, call)),
    route('GET', `${events}/:eventId`, (call) => getEvent(world, call)),
    route('PATCH', `${events}/:eventId`, (call) => changeEvent(world, call, 'patch')),
    route('PUT', `${events}/:eventId`, (call) => changeEvent(world, call, 'update')),
    route('DELETE', `${events}/:eventId`, (call) => deleteEvent(world, call)),
    route('POST', `${events}/:eventId/move`, (call) => moveEvent(world, call)),
    route('GET', `${events}/:eventId/instances`, (call) => listInstances(world, call)),
  ]
}

/** A deleted event is still there to be read, with status `cancelled`. */
function getEvent(world: World, call: Call): Reply {
  const open = openCalendar(world, call, calendarCaller(world, call, 'readEvents', 'Events.Get'))
  return ok(findEvent(open.calendar, param(call, 'eventId')) ?? missing())
}

function missing(): never {
  throw notFound()
}
