import { beforeAll, describe, expect, it } from 'vitest'
import type { CalendarService } from './service.ts'
import { useCalendarWorld } from './testing.ts'

const events = '/calendar/v3/calendars/*/events'

describe('what stands in the way of a sync', () => {
  const world = useCalendarWorld()
  let service: CalendarService

  beforeAll(async () => {
    service = await world.start()
  })

  it('asks for a fresh token when Google refuses the one it has (B5.66)', async () => {
    const user = await world.connected(service)
    world.google().addFault({ path: events, status: 401, reason: 'authError' })
    const sync = await world.sync(service, user, { calendarId: user.calendarId() })
    expect(sync.status).toBe('completed')
    expect(world.vends().map(({ minValiditySeconds }) => minValiditySeconds)).toEqual([3000])
  })

  it('stops after the second refusal and says so (B5.66)', async () => {
    const user = await world.connected(service)
    world.google().addFault({ path: events, status: 401, reason: 'authError', times: null })
    const sync = await world.sync(service, user, { calendarId: user.calendarId() })
    expect(sync).toMatchObject({ status: 'failed', error: { code: 'access_token_rejected', retryAt: null } })
    expect(world.eventRequests()).toHaveLength(2)
  })

  it.each([
    ['an outage', { status: 503 }],
    ['a rate limit', { status: 403, reason: 'rateLimitExceeded' }],
    ['a cut body', { cutBodyAtBytes: 40 }],
    ['a reset socket', { resetSocket: 'before' as const }],
  ])('waits out %s (B5.68, B5.75)', async (_, fault) => {
    const user = await world.connected(service)
    world.google().addFault({ path: events, ...fault })
    const sync = await world.sync(service, user, { calendarId: user.calendarId() })
    expect(sync).toMatchObject({ status: 'completed', mode: 'incremental' })
    expect(world.eventRequests()).toHaveLength(2)
  })

  it('does not wait for a used-up quota, and names the time to come back (B5.69)', async () => {
    const user = await world.connected(service)
    world.google().addFault({ path: events, status: 403, reason: 'quotaExceeded' })
    const sync = await world.sync(service, user, { calendarId: user.calendarId() })
    expect(sync).toMatchObject({ status: 'failed', error: { code: 'quota_exhausted' } })
    expect(Date.parse((sync.error as { retryAt: string }).retryAt)).toBeGreaterThan(Date.now() + 3_000_000)
    expect(world.eventRequests()).toHaveLength(1)
  })

  it('says of a calendar that was taken away what it is, and syncs the others (B1.24)', async () => {
    const user = await world.connected(service)
    const { id: lost } = world.google().addCalendar({ email: user.email, summary: 'Lost' })
    const path = `/calendar/v3/calendars/${encodeURIComponent(lost)}/events`
    world.google().addFault({ path, status: 404, reason: 'notFound', times: null })
    expect(await world.sync(service, user)).toMatchObject({ status: 'completed' })
    const calendars = await world.all(service, '/v1/calendar/calendars', user.user)
    expect(calendars.find(({ googleId }) => googleId === lost)).toMatchObject({
      sync: { status: 'failed', reason: 'not_found' },
    })
    expect(calendars.find(({ googleId }) => googleId === user.email)).toMatchObject({
      sync: { status: 'fresh' },
    })
  })

  it('pauses with the reason while the user has to act, and goes on by itself afterwards', async () => {
    const user = await world.connected(service)
    await world.connectionIs(user, { status: 'needs_reauthorization', reason: 'revoked_at_google' })
    const [calendar] = await world.calendars(service, user, 'paused')
    expect(calendar).toMatchObject({ sync: { reason: 'revoked_at_google' } })
    const refused = await world.sync(service, user)
    expect(refused).toMatchObject({ status: 'failed', error: { code: 'revoked_at_google' } })
    const added = world.google().putEvent(user.email, {
      start: { date: '2026-03-01' },
      end: { date: '2026-03-02' },
    })
    await world.connectionIs(user)
    await expect
      .poll(async () => (await world.events(service, user)).map(({ id }) => id), { timeout: 10_000 })
      .toContain(added.id)
  })

  it('ends a sync under way when its connection stops working, and stores nothing that comes late', async () => {
    const user = await world.connected(service)
    const late = world.google().putEvent(user.email, {
      start: { date: '2026-03-01' },
      end: { date: '2026-03-02' },
    })
    world.google().addFault({ path: events, delayMs: 1_500 })
    const asked = await world.call(service, '/v1/calendar/syncs', {
      sub: user.user,
      method: 'POST',
      body: { calendarId: user.calendarId() },
    })
    await expect.poll(() => world.google().faults()[0]?.fired, { timeout: 5_000 }).toBe(1)
    await world.connectionIs(user, { status: 'disconnected', reason: 'revoked_by_user' })
    const sync = await world.ended(service, user, asked.body.id ?? '')
    expect(sync).toMatchObject({ status: 'failed', error: { code: 'disconnected' } })
    await expect.poll(() => world.eventRequests().length, { timeout: 5_000 }).toBe(1)
    await world.connectionIs(user, { status: 'needs_reauthorization', reason: 'revoked_at_google' })
    await world.calendars(service, user, 'paused')
    expect((await world.events(service, user)).map(({ id }) => id)).not.toContain(late.id)
  })

  it('ends with the word token-service refuses with', async () => {
    const user = world.newUser()
    const body = { code: 'needs_reauthorization' }
    world.refuseTokens(user, { ok: false, status: 409, code: 'needs_reauthorization', body })
    await world.connectionIs(user)
    await expect.poll(() => world.vends().length, { timeout: 5_000 }).toBe(1)
    const sync = await world.sync(service, user)
    expect(sync).toMatchObject({ status: 'failed', error: { code: 'needs_reauthorization', retryAt: null } })
    expect(world.eventRequests()).toHaveLength(0)
  })
})
