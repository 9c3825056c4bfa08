import { describe, expect, it } from 'vitest'
import {
  answerLifetimeMs,
  claimLifetimeMs,
  type IdempotencyStore,
  type StoredAnswer,
} from './idempotency-store.ts'

const start = new Date('2026-01-01T00:00:00.000Z')
const after = (ms: number) => new Date(start.getTime() + ms)
const answer: StoredAnswer = {
  status: 201,
  contentType: 'application/json',
  location: '/v1/x/1',
  body: '{"id":"1"}',
}

/** What every implementation promises. */
export function idempotencyStoreContract(name: string, open: () => IdempotencyStore): void {
  let keys = 0
  const request = (key = `k${keys++}`, now = start) => ({
    scope: 'alice POST /v1/x',
    key,
    fingerprint: 'f',
    now,
  })

  describe(`an idempotency store (${name})`, () => {
    it('gives a key to one request at a time', async () => {
      const store = open()
      const first = request()
      const claims = await Promise.all([store.claim(first), store.claim(first), store.claim(first)])
      expect(claims.map(({ status }) => status).sort()).toEqual(['claimed', 'in_flight', 'in_flight'])
    })
    it('answers a repeat with the stored answer', async () => {
      const store = open()
      const first = request()
      await store.claim(first)
      await store.finish(first, answer)
      expect(await store.claim({ ...first, now: after(1_000) })).toEqual({ status: 'answered', answer })
    })
    it('tells a different request under the same key apart', async () => {
      const store = open()
      const first = request()
      await store.claim(first)
      expect(await store.claim({ ...first, fingerprint: 'g' })).toEqual({ status: 'other_request' })
      expect(await store.claim({ ...first, scope: 'bob POST /v1/x' })).toEqual({ status: 'claimed' })
    })
    it('frees a released key', async () => {
      const store = open()
      const first = request()
      await store.claim(first)
      await store.release(first)
      expect(await store.claim({ ...first, fingerprint: 'g' })).toEqual({ status: 'claimed' })
    })
    it('frees the key of a process that died while answering', async () => {
      const store = open()
      const first = request()
      await store.claim(first)
      const second = { ...first, now: after(claimLifetimeMs) }
      expect(await store.claim(second)).toEqual({ status: 'claimed' })
    })
    it('does not let a request that lost its key answer for the one that took it over', async () => {
      const store = open()
      const first = request()
      await store.claim(first)
      const second = { ...first, now: after(claimLifetimeMs) }
      await store.claim(second)
      await store.finish(first, answer)
      await store.release(first)
      expect(await store.claim(second)).toEqual({ status: 'in_flight' })
    })
    it('forgets an answer after a day', async () => {
      const store = open()
      const first = request()
      await store.claim(first)
      await store.finish(first, answer)
      const late = { ...first, now: after(answerLifetimeMs) }
      expect(await store.claim(late)).toEqual({ status: 'claimed' })
    })
  })
}
