import type { Reply } from '@evergrant/event-bus'
import { describe, expect, it } from 'vitest'
import { createBusAccessTokens } from './bus-access-tokens.ts'

const connectionId = '0b8f3c56-53d2-5f0e-8a65-3f6f9f1c2a01'

function borrowing(answer: (nr: number) => Reply | Error) {
  const asked: { readonly minValiditySeconds: number; readonly rejectedGeneration?: number }[] = []
  let now = 0
  const tokens = createBusAccessTokens({
    bus: {
      request: async (_, body) => {
        asked.push(body as { minValiditySeconds: number; rejectedGeneration?: number })
        const reply = answer(asked.length)
        if (reply instanceof Error) throw reply
        return reply
      },
    },
    clock: { now: () => new Date(now) },
    timeoutMs: 1000,
  })
  const get = (fresh = false) => tokens.get(connectionId, { fresh })
  return { asked, tokens, get, later: (ms: number) => (now += ms) }
}

describe('borrowing access tokens', () => {
  const numbered = (nr: number): Reply => ({ ok: true, body: { accessToken: `token ${nr}`, generation: nr } })

  it('borrows one for all calendars of a sync, and the next one later', async () => {
    const { asked, get, later } = borrowing(numbered)
    expect([await get(), await get()]).toEqual(['token 1', 'token 1'])
    later(30_000)
    expect(await get()).toBe('token 2')
    expect(asked.map(({ minValiditySeconds }) => minValiditySeconds)).toEqual([60, 60])
  })

  it('asks for what the service is read with, and says what for', async () => {
    const { asked, tokens } = borrowing(numbered)
    await tokens.get(connectionId, { fresh: false, service: 'gmail' })
    expect(asked[0]).toMatchObject({
      requiredScopes: ['https://www.googleapis.com/auth/gmail.metadata'],
      purpose: 'gmail.sync',
    })
  })

  it('does not keep one that Google refused, and says which it was', async () => {
    const { asked, get } = borrowing(numbered)
    await get()
    expect([await get(true), await get()]).toEqual(['token 2', 'token 2'])
    expect(asked[0]).not.toHaveProperty('rejectedGeneration')
    expect(asked[1]).toMatchObject({ rejectedGeneration: 1, purpose: 'calendar.sync' })
  })

  const refused = (status: number, code: string, body: object = {}): Reply => ({
    ok: false,
    status,
    code,
    body,
  })

  it.each([
    [refused(409, 'needs_reauthorization'), { word: 'needs_reauthorization', passing: false }],
    [refused(409, 'missing_scopes'), { word: 'missing_scopes', passing: false }],
    [refused(404, 'connection_not_found'), { word: 'unknown_connection', passing: true }],
    [
      refused(503, 'google_unavailable', { retryAfter: 9 }),
      { word: 'token_unavailable', passing: true, retryAfterSeconds: 9 },
    ],
    [
      refused(503, 'schema_drift', { retryAfter: 5 }),
      { word: 'schema_drift', passing: true, retryAfterSeconds: 5 },
    ],
    [{ ok: true, body: {} } as Reply, { word: 'token_unavailable', passing: true }],
    [new Error('nobody listens'), { word: 'token_unavailable', passing: true }],
  ])('names what stands in the way: %j', async (answer, obstacle) => {
    await expect(borrowing(() => answer).get()).rejects.toMatchObject(obstacle)
  })
})
