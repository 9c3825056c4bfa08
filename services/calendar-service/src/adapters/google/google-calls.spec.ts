import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type GoogleEmulator, startGoogleEmulator } from '@evergrant/google-emulator'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { SyncObstacle } from '../../domain/sync-obstacle.ts'
import { createGoogleCalendar } from './google-calendar.ts'
import { createGoogleEventWrites } from './google-event-writes.ts'

const email = 'alice@example.com'
const events = `/calendar/v3/calendars/${encodeURIComponent(email)}/events`
const start = { date: '2026-03-01' }
const end = { date: '2026-03-02' }
const allowance = { take: async () => 1 }

describe('a call to Google', () => {
  let google: GoogleEmulator
  let accessToken: string

  beforeAll(async () => {
    google = await startGoogleEmulator({ seed: 'empty' })
    google.addAccount({ email })
    accessToken = google.issueTokens({
      email,
      scopes: ['https://www.googleapis.com/auth/calendar'],
    }).accessToken
  })
  afterEach(() => {
    google.clearFaults()
    google.clearRequests()
  })
  afterAll(() => google.close())

  const api = (deadlineMs = 10_000) => ({
    rootUrl: google.url,
    clock: { now: () => new Date() },
    guard: { run: <T>(work: (signal: AbortSignal) => Promise<T>) => work(AbortSignal.timeout(deadlineMs)) },
  })
  const firstPage = () => ({
    ...{ accessToken, calendarGoogleId: email, allowance },
    ...{ syncToken: null, pageToken: null },
  })
  const list = () => createGoogleCalendar(api()).listEvents(firstPage())
  const insert = (eventId: string) =>
    createGoogleEventWrites(api()).insert({
      accessToken,
      allowance,
      calendarGoogleId: email,
      eventId,
      ifMatch: null,
      fields: { start, end },
      sendUpdates: 'none',
    })
  const obstacle = async (work: Promise<unknown>) => {
    const error = await work.catch((thrown: unknown) => thrown)
    if (!(error instanceof SyncObstacle)) throw new Error('no obstacle', { cause: error })
    return error
  }

  it.each([
    ['an outage', { status: 503 }, 'google_unavailable'],
    ['too many requests', { status: 429 }, 'rate_limited'],
    ['a rate limit', { status: 403, reason: 'userRateLimitExceeded' }, 'rate_limited'],
    ['a lost answer', { resetSocket: 'before' as const }, 'google_unavailable'],
  ])('is made once, whatever it meets: %s (B5.71)', async (_, fault, word) => {
    google.addFault({ path: events, ...fault, times: null })
    expect(await obstacle(list())).toMatchObject({ word, passing: true })
    expect(await obstacle(insert('wished00'))).toMatchObject({ word, passing: true })
    expect(google.requests().map(({ method }) => method)).toEqual(['GET', 'POST'])
  })

  it('ends with its deadline, and its socket with it (B5.74)', async () => {
    let closed: Promise<unknown> | undefined
    const silent = createServer((request) => {
      closed = once(request.socket, 'close')
    })
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const rootUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const calendar = createGoogleCalendar({ ...api(200), rootUrl })
    expect(await obstacle(calendar.listEvents(firstPage()))).toMatchObject({ word: 'google_unavailable' })
    await closed
    silent.close()
    await once(silent, 'close')
  })

  it.each([
    ['cut in the middle', { cutBodyAtBytes: 40 }, 'google_unavailable'],
    ['a proxy’s page', { status: 200, text: '<html>Please log in</html>' }, 'google_protocol_broken'],
    ['broken JSON', { status: 200, text: '{"items": [' }, 'google_protocol_broken'],
    ['no object', { status: 200, body: ['items'] }, 'google_protocol_broken'],
    ['an error in a 200', { status: 200, body: { items: 'none' } }, 'google_protocol_broken'],
    [
      'an event without an id',
      { status: 200, body: { items: [{ summary: 'x' }] } },
      'google_protocol_broken',
    ],
    ['an event that is none', { status: 200, body: { items: [null] } }, 'google_protocol_broken'],
    ['a token that is none', { status: 200, body: { nextPageToken: { a: 1 } } }, 'google_protocol_broken'],
  ])('is no success when its 200 is %s (B5.75)', async (_, fault, word) => {
    google.addFault({ path: events, ...fault })
    expect(await obstacle(list())).toMatchObject({ word, passing: true })
  })

  it.each([
    ['insufficientPermissions', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT', 'missing_scopes'],
    ['accessNotConfigured', 'SERVICE_DISABLED', 'api_disabled'],
    ['rateLimitExceeded', 'RATE_LIMIT_EXCEEDED', 'rate_limited'],
  ])('tells why it is forbidden, however Google says %s (B5.70)', async (reason, newer, word) => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: newer }]
    google.addFault({ path: events, status: 403, reason })
    expect((await obstacle(list())).word).toBe(word)
    google.addFault({ path: events, status: 403, body: { error: { code: 403, details } } })
    expect((await obstacle(list())).word).toBe(word)
  })
})
