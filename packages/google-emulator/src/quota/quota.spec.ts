import { calendar as calendarApi } from 'googleapis/build/src/apis/calendar/index.js'
import { gmail as gmailApi } from 'googleapis/build/src/apis/gmail/index.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GoogleEmulator, startGoogleEmulator } from '../emulator.ts'

const alice = 'alice@example.com'
const bob = 'bob@example.com'
const prefix = 'https://www.googleapis.com/auth/'
const day = { start: { date: '2026-03-01' }, end: { date: '2026-03-02' } }

let google: GoogleEmulator

beforeEach(async () => {
  google = await startGoogleEmulator()
  google.freezeClock(new Date('2026-03-01T12:00:00Z'))
})

afterEach(() => google.close())

function clientFor(email: string) {
  const { accessToken } = google.issueTokens({
    email,
    scopes: [`${prefix}calendar`, `${prefix}gmail.metadata`],
  })
  return { rootUrl: `${google.url}/`, headers: { authorization: `Bearer ${accessToken}` }, retry: false }
}

const lists = (email = alice) => calendarApi({ version: 'v3', ...clientFor(email) }).calendarList.list()
const insert = () =>
  calendarApi({ version: 'v3', ...clientFor(alice) }).events.insert({
    calendarId: 'primary',
    requestBody: day,
  })

const refusal = (status: number, reason: string) => ({
  status,
  response: {
    data: {
      error: { code: status, errors: [{ domain: 'usageLimits', reason, message: expect.any(String) }] },
    },
  },
})

describe('a quota', () => {
  it('is not there unless somebody sets it', async () => {
    for (let call = 0; call < 20; call += 1) expect((await lists()).status).toBe(200)
    expect(google.quotaUse()).toEqual([])
  })

  it('per user refuses that user alone, until the minute has slid on', async () => {
    google.setQuota('calendar', { perMinutePerUser: 2 })
    await lists()
    google.advanceClock(30)
    await lists()
    await expect(lists()).rejects.toMatchObject(refusal(403, 'userRateLimitExceeded'))
    expect((await lists(bob)).status).toBe(200)
    google.advanceClock(30)
    expect((await lists()).status).toBe(200)
    await expect(lists()).rejects.toMatchObject(refusal(403, 'userRateLimitExceeded'))
  })

  it('per project refuses everybody', async () => {
    google.setQuota('calendar', { perMinutePerProject: 2 })
    await lists()
    await lists(bob)
    await expect(lists()).rejects.toMatchObject(refusal(403, 'rateLimitExceeded'))
    await expect(lists(bob)).rejects.toMatchObject(refusal(403, 'rateLimitExceeded'))
  })

  it('of writes a day refuses writes until the next one, and no reads', async () => {
    google.setQuota('calendar', { writesPerUserPerDay: 1 })
    await insert()
    await expect(insert()).rejects.toMatchObject(refusal(403, 'quotaExceeded'))
    expect((await lists()).status).toBe(200)
    google.advanceClock(12 * 3600)
    expect((await insert()).status).toBe(200)
  })

  it('can answer 429, and say when to come back', async () => {
    google.setQuota('calendar', { perMinutePerUser: 0, status: 429, retryAfterSeconds: 7 })
    const error = await lists().catch((refused: unknown) => refused)
    expect(error).toMatchObject(refusal(429, 'userRateLimitExceeded'))
    const { response } = error as { response: { headers: Headers } }
    expect(response.headers.get('retry-after')).toBe('7')
  })

  it('of Gmail counts what each method costs', async () => {
    google.setQuota('gmail', { perMinutePerUser: 10 })
    const gmail = gmailApi({ version: 'v1', ...clientFor(alice) })
    await gmail.users.messages.list({ userId: 'me' })
    await gmail.users.messages.list({ userId: 'me' })
    const third = gmail.users.getProfile({ userId: 'me' })
    await expect(third).rejects.toMatchObject(refusal(429, 'userRateLimitExceeded'))
  })

  it('tells how much was used at most, by account and in all', async () => {
    google.setQuota('calendar', {})
    await lists()
    await lists()
    google.advanceClock(61)
    await lists(bob)
    expect(google.quotaUse()).toEqual([
      { api: 'calendar', email: alice, peakPerMinute: 2, refused: 0 },
      { api: 'calendar', email: null, peakPerMinute: 2, refused: 0 },
      { api: 'calendar', email: bob, peakPerMinute: 1, refused: 0 },
    ])
    google.setQuota('calendar', null)
    expect(google.quotaUse()).toEqual([])
  })

  it('is for real callers: one without a valid token spends nothing', async () => {
    google.setQuota('calendar', {})
    const answer = await fetch(`${google.url}/calendar/v3/users/me/calendarList`)
    expect([answer.status, google.quotaUse()]).toEqual([401, []])
  })
})
