import { beforeAll, describe, expect, it } from 'vitest'
import type { CalendarService } from './service.ts'
import { useCalendarWorld } from './testing.ts'

describe('syncing a calendar', () => {
  const world = useCalendarWorld()
  let service: CalendarService

  beforeAll(async () => {
    service = await world.start()
  })

  it('copies everything once the connection works, page by page, and keeps every field', async () => {
    const user = world.newUser()
    world.google().seedEvents(user.email, { count: 30, seed: 1 })
    const special = { id: 'special1', summary: 'Ünïcode', colorId: '7', unknownField: { deep: [1] } }
    world.google().putEvent(user.email, {
      ...special,
      start: { dateTime: '2026-06-01T09:00:00+02:00', timeZone: 'Europe/Berlin' },
      end: { dateTime: '2026-06-01T10:00:00+02:00', timeZone: 'Europe/Berlin' },
    })
    await world.connectionIs(user)
    const calendars = await world.calendars(service, user)
    expect(calendars).toMatchObject([
      { id: user.calendarId(), connectionId: user.connectionId, googleId: user.email, primary: true },
    ])
    const events = await world.events(service, user, '&showCancelled=true')
    expect(events).toHaveLength(31)
    expect(events.find(({ id }) => id === 'special1')).toMatchObject({
      ...special,
      calendarId: user.calendarId(),
      connectionId: user.connectionId,
    })
  })

  it('asks once for an empty delta and writes nothing', async () => {
    const user = await world.connected(service)
    world.google().clearRequests()
    const sync = await world.sync(service, user, { calendarId: user.calendarId() })
    expect(sync).toMatchObject({
      status: 'completed',
      mode: 'incremental',
      counts: { pages: 1, upserted: 0, deleted: 0, unchanged: 0 },
    })
    expect(world.eventRequests()).toHaveLength(1)
    expect(await world.all(service, '/v1/calendar/changes', user.user)).toEqual([])
  })
})
