import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GoogleEmulator, startGoogleEmulator } from '../emulator.ts'

let google: GoogleEmulator

beforeEach(async () => {
  google = await startGoogleEmulator()
})

afterEach(() => google.close())

function lists(query = ''): Promise<Response> {
  const { accessToken } = google.issueTokens({
    email: 'alice@example.com',
    scopes: ['https://www.googleapis.com/auth/calendar'],
  })
  return fetch(`${google.url}/calendar/v3/users/me/calendarList${query}`, {
    headers: { authorization: `Bearer ${accessToken}` },
  })
}

function refresh(refreshToken: string): Promise<Response> {
  const { clientId, clientSecret } = google.client
  const fields = {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: clientId,
    client_secret: clientSecret,
  }
  return fetch(`${google.url}/token`, { method: 'POST', body: new URLSearchParams(fields) })
}

const statuses = async (count: number) => {
  const seen: number[] = []
  for (let call = 0; call < count; call += 1) seen.push((await lists()).status)
  return seen
}

describe('a fault', () => {
  it('strikes from the nth matching call, as often as it says', async () => {
    google.addFault({ path: '/calendar/*', nth: 2, times: 2, status: 503 })
    expect(await statuses(5)).toEqual([200, 503, 503, 200, 200])
    expect(google.faults()).toMatchObject([{ matched: 5, fired: 2 }])
  })

  it('can last until it is cleared, for one method only', async () => {
    google.addFault({ method: 'GET', path: '*', times: null, status: 500 })
    expect(await statuses(3)).toEqual([500, 500, 500])
    expect((await refresh('unknown')).status).toBe(400)
    google.clearFaults()
    expect(await statuses(1)).toEqual([200])
  })

  it("answers with Google's reason and Retry-After", async () => {
    google.addFault({ path: '/calendar/*', status: 403, reason: 'rateLimitExceeded', retryAfterSeconds: 7 })
    const answer = await lists()
    expect(answer.headers.get('retry-after')).toBe('7')
    expect(await answer.json()).toMatchObject({
      error: { code: 403, errors: [{ reason: 'rateLimitExceeded', domain: 'usageLimits' }] },
    })
  })

  it('speaks OAuth at the token endpoint', async () => {
    google.addFault({ path: '/token', status: 400, reason: 'invalid_grant' })
    expect(await (await refresh('any')).json()).toMatchObject({ error: 'invalid_grant' })
  })

  it('can cut the body so that the client notices', async () => {
    google.addFault({ path: '/calendar/*', cutBodyAtBytes: 20 })
    await expect(lists().then((answer) => answer.text())).rejects.toThrow(/terminated/)
  })

  it('can answer with something that is not JSON', async () => {
    google.addFault({ path: '/calendar/*', status: 200, text: '<html>{"items": [' })
    const answer = await lists()
    expect([answer.status, await answer.text()]).toEqual([200, '<html>{"items": ['])
  })

  it('can lose the request, or only the answer to it', async () => {
    const { refreshToken } = google.issueTokens({ email: 'bob@example.com', scopes: ['openid'] })
    const issued = () =>
      google.state().grants.find((grant) => grant.email === 'bob@example.com')?.liveAccessTokens
    google.addFault({ path: '/token', resetSocket: 'before' })
    await expect(refresh(refreshToken)).rejects.toThrow('fetch failed')
    expect(issued()).toBe(1)
    google.addFault({ path: '/token', resetSocket: 'after' })
    await expect(refresh(refreshToken)).rejects.toThrow('fetch failed')
    expect(issued()).toBe(2)
  })
})

describe('the control interface', () => {
  const send = (path: string, body: object) =>
    fetch(`${google.url}/emulator${path}`, { method: 'POST', body: JSON.stringify(body) })
  const read = async (path: string) => (await fetch(`${google.url}/emulator${path}`)).json()

  it('seeds the same events from the same seed', async () => {
    await send('/accounts', { email: 'one@example.com' })
    await send('/accounts', { email: 'two@example.com' })
    for (const email of ['one@example.com', 'two@example.com']) {
      await send(`/calendars/${email}/seed`, { count: 50, seed: 7, from: '2026-01-01' })
    }
    const titles = google
      .state()
      .calendars.map(({ events }) =>
        events.map((event) => [event.id, event.status, event.summary, event.start]),
      )
    expect(titles.at(-1)).toEqual(titles.at(-2))
    expect(titles.at(-1)).toHaveLength(50)
  })

  it('moves the clock, and the Date header with it', async () => {
    await send('/clock', { freeze: '2030-05-01T00:00:00Z' })
    expect(await (await send('/clock', { advanceSeconds: 90 })).json()).toEqual({
      now: '2030-05-01T00:01:30.000Z',
    })
    expect((await lists()).headers.get('date')).toBe('Wed, 01 May 2030 00:01:30 GMT')
    await send('/clock', { resume: true })
    expect(await read('/clock')).toHaveProperty('now', expect.stringMatching(/^2030-05-01T00:01:3/))
  })

  it('shows requests but none of its own', async () => {
    await lists()
    await send('/faults', { path: '/nowhere', status: 500 })
    expect(await read('/requests')).toMatchObject({
      items: [{ path: '/calendar/v3/users/me/calendarList', status: 200 }],
    })
    await fetch(`${google.url}/emulator/requests`, { method: 'DELETE' })
    expect(await read('/requests')).toEqual({ items: [] })
  })

  it('says what is wrong with a request', async () => {
    const answer = await send('/calendars/nobody/seed', { count: 1, seed: 1 })
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: { code: 400, message: 'no calendar nobody' } },
    ])
  })

  it('forgets everything on reset, and no sync token from before fits', async () => {
    const { nextSyncToken } = (await (await lists()).json()) as { nextSyncToken: string }
    await send('/reset', { seed: 'default' })
    expect(google.state().grants).toEqual([])
    expect(google.state().calendars.map((calendar) => calendar.id)).toContain(
      'team@group.calendar.google.com',
    )
    expect((await lists(`?syncToken=${nextSyncToken}`)).status).toBe(410)
  })
})
