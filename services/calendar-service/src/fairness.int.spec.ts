import { beforeAll, describe, expect, it } from 'vitest'
import type { CalendarService } from './service.ts'
import { useCalendarWorld } from './testing.ts'

describe('sharing the lanes', () => {
  const world = useCalendarWorld()
  let service: CalendarService

  beforeAll(async () => {
    service = await world.start({ lanes: 2 })
  })

  it('lets somebody with one calendar by while somebody else has many waiting', async () => {
    const noisy = world.newUser()
    for (let nth = 0; nth < 12; nth++) world.google().addCalendar({ email: noisy.email, summary: `${nth}` })
    await world.connected(service, noisy)
    const quiet = await world.connected(service)
    world.google().addFault({ path: '/calendar/v3/calendars/*/events', delayMs: 150, times: null })
    const storm = world.sync(service, noisy)
    await expect.poll(() => world.eventRequests().length).toBeGreaterThan(0)
    const sync = await world.sync(service, quiet, { calendarId: quiet.calendarId() })
    expect(sync.status).toBe('completed')
    const paths = world.eventRequests().map(({ path }) => decodeURIComponent(path))
    expect(paths.findIndex((path) => path.includes(quiet.email))).toBeLessThan(8)
    expect(await storm).toMatchObject({ status: 'completed' })
    expect(world.eventRequests()).toHaveLength(14)
  })
})
