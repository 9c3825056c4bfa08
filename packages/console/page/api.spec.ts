import { describe, expect, it } from 'vitest'
import { createApi } from './api.js'
import type { Problem, Sync } from './api-shapes.ts'
import { syncNow, syncWordsOf } from './sync-now.js'

const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status })

/** An API whose answers are given, and what was asked of it. */
function talking(...answers: (Response | Error)[]) {
  const asked: { path: string; authorization: string | undefined }[] = []
  const rejected: Problem[] = []
  const session = { token: 'a.b.c' as string | null }
  const api = createApi({
    fetch: async (path, init) => {
      const headers = init?.headers as Record<string, string>
      asked.push({ path: String(path), authorization: headers.authorization })
      const answer = answers.shift() ?? new Error('nothing more was expected')
      if (answer instanceof Error) throw answer
      return answer
    },
    token: () => session.token,
    onRejected: (problem) => rejected.push(problem),
  })
  return { api, asked, rejected, session }
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
  it('says what it changed, or why it failed and whether it is tried again', () => {
    expect(syncWordsOf(sync('completed'))).toBe('Synced: 2 events changed, 0 removed, 5 as they were.')
    const error = { code: 'rate_limited', retryAt: '2026-11-29T12:00:00Z' }
    expect(syncWordsOf(sync('failed', { error }))).toBe(
      'The sync failed because Google asked us to slow down. Evergrant tries again by itself.',
    )
  })
})
