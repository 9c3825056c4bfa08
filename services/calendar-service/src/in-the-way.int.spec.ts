import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { CalendarService } from './service.ts'
import { useCalendarWorld } from './testing.ts'

describe('what is in the way is said before it ends', () => {
  const world = useCalendarWorld()
  let service: CalendarService
  const soon = { timeout: 15_000, interval: 50 }
  const page = async (path: string, sub: string) => (await world.call(service, path, { sub })).body

  beforeAll(async () => {
    service = await world.start({ random: () => 0.999 })
  })

  it('of a first sync that finds no calendar: the list gives its reason, and who reads no calendar hears it', async () => {
    const user = world.newUser()
    world.google().addFault({
      path: '/calendar/v3/users/me/calendarList',
      status: 403,
      reason: 'accessNotConfigured',
      times: 1,
    })
    await world.connectionIs(user)
    await vi.waitFor(async () => {
      expect(await page('/v1/calendar/calendars', user.user)).toMatchObject({
        items: [],
        sync: [
          {
            connectionId: user.connectionId,
            status: 'failed',
            reason: 'api_disabled',
            lastSyncedAt: null,
            retryAt: expect.any(String),
            progress: { parts: 1, synced: 0 },
          },
        ],
      })
    }, soon)
  })

  it('of a sync by hand that Google answers with 503: while it runs, with the next try, and not when it ended well', async () => {
    const user = await world.connected(service)
    const path = `/calendar/v3/calendars/${encodeURIComponent(user.email)}/events`
    world.google().addFault({ path, status: 503, times: 2 })
    const ask = { sub: user.user, method: 'POST', body: { calendarId: user.calendarId() } }
    const { body: asked } = await world.call(service, '/v1/calendar/syncs', ask)
    await vi.waitFor(async () => {
      expect(await page(`/v1/calendar/syncs/${asked.id}`, user.user)).toMatchObject({
        status: 'running',
        error: { code: 'google_unavailable', retryAt: expect.any(String) },
      })
    }, soon)
    await vi.waitFor(async () => {
      const ended = await page(`/v1/calendar/syncs/${asked.id}`, user.user)
      expect(ended).toMatchObject({ status: 'completed' })
      expect(ended).not.toHaveProperty('error')
    }, soon)
  })

  it('counts the calendars that a first sync is through with', async () => {
    const user = await world.connected(service)
    expect((await page('/v1/calendar/calendars', user.user)).sync).toMatchObject([
      { status: 'fresh', reason: null, retryAt: null, progress: { parts: 2, synced: 2, entries: 0 } },
    ])
  })
})
