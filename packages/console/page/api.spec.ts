import { describe, expect, it } from 'vitest'
import { createApi } from './api.js'
import type { Problem, Sync } from './api-shapes.ts'
import { requestConsent } from './consent.js'
import { syncNow, syncWordsOf } from './sync-now.js'

const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status })

/** An API whose answers are given, and what was asked of it. */
function talking(...answers: (Response | Error)[]) {
  const bodies: string[] = []
  const asked: { path: string; authorization: string | undefined }[] = []
  const rejected: Problem[] = []
  const session = { token: 'a.b.c' as string | null }
  const clock = { at: Date.parse('2026-11-30T12:00:00Z') }
  const api = createApi({
    fetch: async (path, init) => {
      const headers = init?.headers as Record<string, string>
      asked.push({ path: String(path), authorization: headers.authorization })
      if (typeof init?.body === 'string') bodies.push(init.body)
      const answer = answers.shift() ?? new Error('nothing more was expected')
      if (answer instanceof Error) throw answer
      return answer
    },
    token: () => session.token,
    now: () => clock.at,
    onRejected: (problem) => rejected.push(problem),
  })
  return {
    api,
    asked,
    rejected,
    session,
    clock,
    returns: () => bodies.map((body) => JSON.parse(body).returnTo),
  }
}

describe('asking the API', () => {
  it('reads a list to its end', async () => {
    const { api, asked } = talking(
      json(200, { items: [1, 2], nextCursor: 'a b' }),
      json(200, { items: [3], nextCursor: null }),
    )
    expect(await api.list('/v1/connections')).toEqual({ ok: true, body: [1, 2, 3] })
    expect(asked.map(({ path }) => path)).toEqual(['/v1/connections', '/v1/connections?cursor=a%20b'])
  })
  it('sends the token as a header and never in the address', async () => {
    const { api, asked } = talking(json(200, {}))
    await api.ask('GET', '/v1/google/health')
    expect(asked).toEqual([{ path: '/v1/google/health', authorization: 'Bearer a.b.c' }])
  })
  it('hands a problem document on as it is', async () => {
    const problem = {
      title: 'Schema drift',
      status: 503,
      detail: 'No.',
      code: 'schema_drift',
      requestId: 'r',
    }
    expect(await talking(json(503, problem)).api.ask('GET', '/x')).toEqual({ ok: false, problem })
  })
  it.each([
    ['a proxy answers in HTML', new Response('<h1>502</h1>', { status: 502 }), 'unexpected_answer'],
    ['nobody answers', new Error('connect'), 'unreachable'],
  ])('explains itself when %s', async (_what, answer, code) => {
    expect(await talking(answer).api.ask('GET', '/x')).toMatchObject({ ok: false, problem: { code } })
  })
  it('tells of a token that is no longer taken', async () => {
    const { api, rejected } = talking(json(401, { title: 'No', code: 'token_expired' }))
    await api.ask('GET', '/x')
    expect(rejected).toMatchObject([{ status: 401, code: 'token_expired' }])
  })
  it('a late refusal of an earlier token does not sign out the newer one', async () => {
    const { api, rejected, session } = talking(json(401, {}))
    const answer = api.ask('GET', '/x')
    session.token = 'd.e.f'
    await answer
    expect(rejected).toEqual([])
  })
})

describe('being told that there are too many requests', () => {
  const limited = (header: string) =>
    new Response(JSON.stringify({ title: 'Slow down', code: 'x', requestId: 'r' }), {
      status: 429,
      headers: { 'retry-after': header },
    })
  it.each([
    ['in seconds', '7', 7],
    ['as a date', 'Mon, 30 Nov 2026 12:00:09 GMT', 9],
    ['in words nobody knows', 'soon', 10],
  ])('says when it is tried again, written %s', async (_how, header, retryAfter) => {
    const problem = { status: 429, title: 'Too many requests', retryAfter, requestId: 'r' }
    expect(await talking(limited(header)).api.ask('GET', '/x')).toMatchObject({ ok: false, problem })
  })
  it('asks nothing until then, and goes on afterwards', async () => {
    const { api, asked, clock } = talking(limited('7'), json(200, { well: true }))
    await api.ask('GET', '/x')
    clock.at += 6_500
    expect(await api.ask('GET', '/y')).toMatchObject({ ok: false, problem: { status: 429, retryAfter: 1 } })
    expect(asked).toHaveLength(1)
    clock.at += 500
    expect(await api.ask('GET', '/y')).toEqual({ ok: true, body: { well: true } })
  })
})

describe('asking for a consent', () => {
  const wish = { service: 'calendar', connection: null } as const
  const created = (host: string) =>
    json(201, { authorizationUrl: `https://${host}/v1/authorizations/a/begin?ticket=t` })
  const refused = () => json(400, { title: 'No', code: 'return_to_not_registered' })
  it('comes back to this page', async () => {
    const { api } = talking(created('public.example'))
    expect(await requestConsent(api, wish, 'https://public.example/console')).toMatchObject({
      body: { endsAt: 'https://public.example/console' },
    })
  })
  it('comes back to the console at PUBLIC_URL, where this address is not registered', async () => {
    const { api, returns } = talking(refused(), created('public.example'), created('public.example'))
    expect(await requestConsent(api, wish, 'https://10.0.0.7/console')).toMatchObject({
      ok: true,
      body: { endsAt: 'https://public.example/console' },
    })
    expect(returns()).toEqual(['https://10.0.0.7/console', undefined, 'https://public.example/console'])
  })
})

describe('a sync by hand', () => {
  const counts = { upserted: 2, deleted: 0, unchanged: 5 }
  const sync = (status: Sync['status'], more: Partial<Sync> = {}): Sync => ({
    id: 's',
    status,
    counts,
    ...more,
  })
  const follow = (...answers: Sync[]) => {
    const { api } = talking(json(202, { id: 's' }), ...answers.map((answer) => json(200, answer)))
    const told: string[] = []
    const onProgress = (running: Sync) => void told.push(running.status)
    return { told, ended: syncNow(api, { onProgress, wait: async () => {} }) }
  }

  it('is followed to its end', async () => {
    const { told, ended } = follow(sync('requested'), sync('running'), sync('completed'))
    expect(await ended).toMatchObject({ ok: true, body: { status: 'completed' } })
    expect(told).toEqual(['requested', 'running'])
  })
  it('is followed on after a rest, when its progress was asked for too often', async () => {
    const { api, clock } = talking(
      json(202, { id: 's' }),
      json(429, { title: 'x', code: 'x', retryAfter: 4 }),
      json(200, sync('completed')),
    )
    const rests: number[] = []
    const wait = async (ms: number) => {
      rests.push(ms)
      clock.at += ms
    }
    expect(await syncNow(api, { onProgress: () => {}, wait })).toMatchObject({ ok: true })
    expect(rests).toEqual([4_000])
  })
  it('says what it changed, what holds it up while it runs, or why it failed and whether it is tried again', () => {
    expect(syncWordsOf(sync('completed'))).toBe('Synced: 2 events changed, 0 removed, 5 as they were.')
    const held = { code: 'google_unavailable', retryAt: null }
    expect(syncWordsOf(sync('running', { error: held }))).toBe(
      'The sync is held up because Google does not answer. Evergrant tries again by itself …',
    )
    const error = { code: 'rate_limited', retryAt: '2026-11-29T12:00:00Z' }
    expect(syncWordsOf(sync('failed', { error }))).toBe(
      'The sync failed because Google asked us to slow down. Evergrant tries again by itself.',
    )
  })
})
