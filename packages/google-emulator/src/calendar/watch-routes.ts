import { type Call, param, type Reply } from '../http/call.ts'
import { googleError } from '../http/google-error.ts'
import { type Route, route } from '../http/router.ts'
import { openChannel, stopChannel, type Watched } from '../push/open-channel.ts'
import type { World } from '../world.ts'
import { calendarCaller, openCalendar } from './access.ts'
import { eventsResource, listResource } from './calendars.ts'

const week = 604_800
const lifetime: Watched['lifetime'] = { usualSeconds: week, mostSeconds: 4 * week }

/** events.watch, calendarList.watch and channels.stop. */
export function calendarWatchRoutes(world: World): Route[] {
  return [
    route('POST', '/calendar/v3/calendars/:calendarId/events/watch', (call) => watchEvents(world, call)),
    route('POST', '/calendar/v3/users/me/calendarList/watch', (call) => {
      const account = calendarCaller(world, call, 'readLists', 'CalendarList.Watch')
      const path = '/calendar/v3/users/me/calendarList'
      const resource = listResource(account.sub)
      return openChannel(world, call, { account, resource, path, change: 'exists', lifetime })
    }),
    route('POST', '/calendar/v3/channels/stop', (call) =>
      stopChannel(world, call, calendarCaller(world, call, 'readEvents', 'Channels.Stop')),
    ),
  ]
}

/** Holidays and the like are shared by everybody and cannot be watched. */
function watchEvents(world: World, call: Call): Promise<Reply> {
  const { account, calendar } = openCalendar(
    world,
    call,
    calendarCaller(world, call, 'readEvents', 'Events.Watch'),
  )
  if (calendar.id.endsWith('@group.v.calendar.google.com')) {
    throw googleError(
      400,
      'pushNotSupportedForRequestedResource',
      'Push notifications are not supported by this resource.',
    )
  }
  const path = `/calendar/v3/calendars/${encodeURIComponent(param(call, 'calendarId'))}/events`
  const resource = eventsResource(calendar.id)
  return openChannel(world, call, { account, resource, path, change: 'exists', lifetime })
}
