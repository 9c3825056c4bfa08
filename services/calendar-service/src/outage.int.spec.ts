import { beforeAll, describe, expect, it } from 'vitest'
import type { CalendarService } from './service.ts'
import { useCalendarWorld } from './testing.ts'

describe('an outage of an API', () => {
  const world = useCalendarWorld()
  let service: CalendarService

  beforeAll(async () => {
    service = await world.start({ random: () => 0 })
  })

  it('puts syncs off without asking Google or losing one, and lets them through when it is over (B5.73)', async () => {
    const [ill, well] = [await world.connected(service), await world.connected(service)]
    const added = world
      .google()
      .putEvent(well.email, { start: { date: '2026-03-01' }, end: { date: '2026-03-02' } })
    const path = `/calendar/v3/calendars/${encodeURIComponent(ill.email)}/events`
    world.google().addFault({ path, status: 503, times: null })
    const failed = await world.sync(service, ill, { calendarId: ill.calendarId() })
    expect(failed).toMatchObject({
      status: 'failed',
      error: { code: 'google_unavailable', retryAt: expect.any(String) },
    })
    world.google().clearRequests()
    const put = await world.sync(service, well, { calendarId: well.calendarId() })
    expect(put).toMatchObject({ status: 'completed', counts: { upserted: 1 } })
    expect((await world.events(service, well)).map(({ id }) => id)).toEqual([added.id])
    expect(world.eventRequests()).toHaveLength(1)
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    expect(metrics).toMatch(
      /breaker_calls_total\{dependency="google.calendar",outcome="rejected"[^}]*\} [12]\n/,
    )
  })
})
