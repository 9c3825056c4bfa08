import { beforeAll, describe, expect, it } from 'vitest'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

const times = { start: { date: '2026-06-01' }, end: { date: '2026-06-02' } }

describe('what is asked of Google within a minute', () => {
  const world = useCalendarWorld()
  let service: CalendarService

  beforeAll(async () => {
    service = await world.start({
      quotas: {
        GMAIL_UNITS_PER_MINUTE_PER_USER: 1_000,
        DRIVE_UNITS_PER_MINUTE_PER_USER: 1_000,
        CALENDAR_REQUESTS_PER_MINUTE_PER_USER: 6,
        WRITE_QUOTA_WAIT_SECONDS: 1,
      },
    })
  })

  const mailbox = (count: number) => {
    const user = world.newUser(undefined, 'gmail')
    world.google().seedMessages(user.email, { count, seed: 7 })
    return user
  }
  const syncOf = async (user: ConnectedUser) => {
    const path = user.service === 'gmail' ? '/v1/gmail/messages' : '/v1/drive/files'
    const { body } = await world.call(service, `${path}?limit=200`, { sub: user.user })
    const [sync] = body.sync as readonly { status: string; reason: string | null }[]
    return { items: body.items?.length, sync }
  }
  const write = (user: ConnectedUser) =>
    world.call(service, '/v1/calendar/events', {
      sub: user.user,
      method: 'POST',
      body: { calendarId: user.calendarId(), summary: 'Tea', ...times },
    })
  const usedBy = (email: string) =>
    world
      .google()
      .quotaUse()
      .find((use) => use.email === email)

  it('is for a mailbox no more than Gmail allows, counted in Gmail’s units; the rest waits and says why (B5.76)', async () => {
    world.google().setQuota('gmail', { perMinutePerUser: 1_000 })
    const user = mailbox(80)
    await world.connectionIs(user)
    await expect
      .poll(() => syncOf(user), { timeout: 10_000 })
      .toMatchObject({ items: 49, sync: { status: 'syncing', reason: 'waiting_for_quota' } })
    // The profile, two lists and 49 messages, all of which were kept.
    expect(usedBy(user.email)).toMatchObject({ peakPerMinute: 1 + 5 + 49 * 20 + 5, refused: 0 })
  })

  it('does not keep a lane waiting: others go on meanwhile', async () => {
    const [first, second] = [mailbox(80), mailbox(80)]
    await world.connectionIs(first)
    await world.connectionIs(second)
    for (const user of [first, second]) {
      await expect
        .poll(() => syncOf(user), { timeout: 10_000 })
        .toMatchObject({ sync: { reason: 'waiting_for_quota' } })
    }
    const quiet = mailbox(3)
    await world.connected(service, quiet)
    expect(await syncOf(quiet)).toMatchObject({ items: 3, sync: { status: 'fresh', reason: null } })
  })

  it('is counted for a drive as Drive counts it', async () => {
    world.google().setQuota('drive', {})
    const user = world.newUser(undefined, 'drive')
    await world.connected(service, user)
    const used = usedBy(user.email)?.peakPerMinute ?? 0
    expect(used).toBeGreaterThan(200)
    const text = await (await fetch(`${service.url}/metrics`)).text()
    const counted = /evergrant_google_quota_units_total\{api="drive"[^}]*\} (\d+)/.exec(text)?.[1]
    expect(Number(counted)).toBe(used)
  })

  it('is no more for writes: beyond it they are answered 429 with when to come back, and are not sent', async () => {
    world.google().setQuota('calendar', { perMinutePerUser: 6 })
    const user = await world.connected(service)
    const answers = []
    for (let nth = 0; nth < 6; nth++) answers.push(await write(user))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 429, 429])
    const { body, headers } = answers[5] ?? { body: {}, headers: new Headers() }
    expect(body).toMatchObject({ code: 'google_quota_reached' })
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(30)
    expect(world.writes()).toEqual(Array.from({ length: 4 }, () => 'POST 200'))
    expect(usedBy(user.email)).toMatchObject({ peakPerMinute: 6, refused: 0 })
  })

  it('leaves a write in doubt whose answer was lost, and which could not be asked for once more', async () => {
    const user = await world.connected(service)
    for (let nth = 0; nth < 3; nth++) expect((await write(user)).status).toBe(201)
    world.google().addFault({ method: 'POST', path: '/calendar/v3/calendars/*/events', resetSocket: 'after' })
    const lost = await write(user)
    expect([lost.status, lost.body.code]).toEqual([503, 'google_unavailable'])
    expect((await write(user)).status).toBe(429)
  })

  it('can be seen in the metrics', async () => {
    const text = await (await fetch(`${service.url}/metrics`)).text()
    expect(text).toMatch(/evergrant_google_quota_refusals_total\{api="gmail",whose="user"[^}]*\} [1-9]/)
    expect(text).toMatch(/evergrant_google_quota_used_ratio\{api="calendar"[^}]*\} [0-9.e-]+/)
  })
})

describe('a run that was held back', () => {
  const world = useCalendarWorld()
  let service: CalendarService

  beforeAll(async () => {
    const quotas = { GMAIL_UNITS_PER_MINUTE: 1_000 }
    service = await world.start({ quotas, quotaWindowSeconds: 2 })
  })

  it('goes on by itself when there is room again, and ends with everything', async () => {
    const user = world.newUser(undefined, 'gmail')
    world.google().seedMessages(user.email, { count: 120, seed: 7 })
    await world.connected(service, user)
    expect(await world.all(service, '/v1/gmail/messages?limit=200', user.user)).toHaveLength(120)
  })
})
