import { type Call, ok, param, type Reply } from '../http/call.ts'
import { googleError, notFound } from '../http/google-error.ts'
import type { World } from '../world.ts'
import { calendarCaller, openCalendar, requireWriter } from './access.ts'
import { putEvent } from './event-store.ts'

/** events.move: the event, with its changed occurrences, goes on in another calendar under the same id; where it was, a
 * cancelled event with little more than its id stays (EVENT reference, `status`). */
export function moveEvent(world: World, call: Call): Reply {
  const account = calendarCaller(world, call, 'writeEvents', 'Events.Move')
  const from = openCalendar(world, call, account)
  const destination = call.query.get('destination')
  if (destination === null) throw googleError(400, 'required', 'Required parameter: destination')
  const to = openCalendar(world, { ...call, params: { calendarId: destination } }, account)
  requireWriter(from)
  requireWriter(to)
  const eventId = param(call, 'eventId')
  const moved = from.calendar.events.get(eventId)?.resource
  if (!moved || moved.status === 'cancelled') throw notFound()
  if (moved.recurringEventId !== undefined) {
    throw googleError(400, 'cannotChangeOrganizerOfInstance', 'Cannot change the organizer of an instance.')
  }
  const occurrences = [...from.calendar.events.values()].map(({ resource }) => resource)
  const all = [moved, ...occurrences.filter(({ recurringEventId }) => recurringEventId === eventId)]
  const organizer = { email: to.calendar.id, self: true }
  const now = world.clock.now()
  for (const event of all) putEvent(world.state, from.calendar, { ...event, status: 'cancelled' }, now)
  const arrived = all.map((event) => putEvent(world.state, to.calendar, { ...event, organizer }, now))
  return ok(arrived[0])
}
