import { beforeAll, describe, expect, it } from 'vitest'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

const at = (day: number, time = '09:00') => ({
  dateTime: `2026-06-${String(day).padStart(2, '0')}T${time}:00+02:00`,
  timeZone: 'Europe/Berlin',
})
const hour = (day: number, time = '09') => ({ start: at(day, `${time}:00`), end: at(day, `${time}:45`) })

describe('history', () => {
  const world = useCalendarWorld()
  let service: CalendarService

  beforeAll(async () => {
    service = await world.start()
  })

  const june = '&expand=instances&timeMin=2026-06-01T00:00:00Z&timeMax=2026-07-01T00:00:00Z'
  const instances = (user: ConnectedUser, asOf = '') => world.events(service, user, june + asOf)
  const masters = (user: ConnectedUser, asOf = '') =>
    world.events(service, user, `&timeMin=2026-06-02T00:00:00Z${asOf}`)
  const synced = (user: ConnectedUser) => world.sync(service, user, { calendarId: user.calendarId() })

  it('answers as the calendar was at every moment there was (F1)', async () => {
    const user = await world.connected(service)
    const google = world.google()
    const { email } = user
    const series = { id: 'series00', recurrence: ['RRULE:FREQ=DAILY;COUNT=5'], summary: 'Standup' }
    const steps = [
      () => google.putEvent(email, { id: 'single00', summary: 'Tea', ...hour(3) }),
      () => google.putEvent(email, { ...series, ...hour(1) }),
      () => google.putEvent(email, { id: 'single00', summary: 'Coffee', ...hour(20) }),
      () => google.putEvent(email, { id: 'series00_20260603T070000Z', summary: 'Moved', ...hour(28) }),
      () => google.deleteEvent(email, 'series00_20260602T070000Z'),
      () => google.deleteEvent(email, 'single00'),
      () =>
        google.putEvent(email, { ...series, recurrence: ['RRULE:FREQ=WEEKLY;COUNT=3'], ...hour(4, '11') }),
      () => google.putEvent(email, { id: 'single00', status: 'confirmed', summary: 'Back', ...hour(5) }),
      () => google.expireSyncTokens({ calendarId: email }),
      () => google.deleteEvent(email, 'series00'),
    ]
    const moments = []
    for (const step of steps) {
      step()
      await synced(user)
      const moment = `&asOf=${new Date().toISOString()}`
      moments.push({ moment, instances: await instances(user), masters: await masters(user) })
    }
    expect(new Set(moments.map((each) => JSON.stringify(each.instances))).size).toBeGreaterThan(7)
    for (const { moment, ...was } of moments) {
      expect(await instances(user, moment), moment).toEqual(was.instances)
      expect(await masters(user, moment), moment).toEqual(was.masters)
    }
    expect(await instances(user, '&asOf=2020-01-01T00:00:00Z')).toEqual([])
    const bad = await world.call(service, '/v1/calendar/events?asOf=yesterday', { sub: user.user })
    expect(bad.status).toBe(400)
  })

  it('tells every change field by field, with its etags and its cause (F2)', async () => {
    const user = await world.connected(service)
    const ask = (method: string, path: string, body?: object) =>
      world.call(service, path, { sub: user.user, method, ...(body && { body }) })
    const { body: made } = await ask('POST', '/v1/calendar/events', {
      calendarId: user.calendarId(),
      summary: 'Tea',
      ...hour(1),
    })
    const path = `/v1/calendar/events/${made.id}`
    world.google().putEvent(user.email, { id: made.id, summary: 'Coffee', location: 'Kitchen' })
    await synced(user)
    await ask('DELETE', path)
    const history = await world.all(service, `${path}/history?limit=2`, user.user)
    expect(history).toMatchObject([
      {
        kind: 'deleted',
        cause: { kind: 'write' },
        changes: [{ field: 'status', before: 'confirmed', after: 'cancelled' }],
      },
      {
        kind: 'upserted',
        etagBefore: made.etag,
        cause: { kind: 'sync' },
        changes: expect.arrayContaining([
          { field: 'location', after: 'Kitchen' },
          { field: 'summary', before: 'Tea', after: 'Coffee' },
        ]),
      },
      { kind: 'upserted', etag: made.etag, etagBefore: null, cause: { kind: 'write' } },
    ])
    const stranger = world.newUser()
    const theirs = await world.call(service, `${path}/history`, { sub: stranger.user })
    expect([theirs.status, theirs.body.code]).toEqual([404, 'unknown_event'])
  })
})
