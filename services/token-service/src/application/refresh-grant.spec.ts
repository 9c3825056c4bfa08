import type { EventStore } from '@evergrant/event-store'
import { createInMemoryEventStore } from '@evergrant/event-store/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { tokenErrors } from '../domain/errors.ts'
import { evolveGrant } from '../domain/evolve-grant.ts'
import { type GrantFact, grantFactCatalogue, grantStreamOf } from '../domain/grant-facts.ts'
import type { Grant, GrantState } from '../domain/grant-state.ts'
import { grantHandler } from './grant-commands.ts'
import type { RefreshAnswer } from './ports.ts'
import { type RefreshDeps, refreshGrant } from './refresh-grant.ts'
import { createRetryBudget, type RetryBudget } from './retry-budget.ts'

const grantId = '5f0c8a86-6b9f-5a53-9d2e-2f6b7c1d0e01'
const start = new Date('2026-11-23T10:00:00.000Z')
const metadata = { actor: { kind: 'schedule' as const }, correlationId: 'correlation' }
const request = { grantId, seenGeneration: 1, cause: 'schedule' as const, metadata }
/** One retry in hand, none with time, and one for ten successes. */
const oneRetry = { most: 1, perSecond: 0, perSuccess: 0.1, keptForCallers: 0 }
const success: RefreshAnswer = {
  ok: true,
  accessToken: 'ya29.new',
  refreshToken: null,
  scopes: null,
  expiresAt: new Date('2026-11-23T11:00:00.000Z'),
}

const unavailable: RefreshAnswer = {
  ok: false,
  evidence: { httpStatus: 503, error: null, errorSubtype: null },
  retryAfterSeconds: null,
}

describe('one attempt to refresh', () => {
  const clock = { now: () => now }
  let store: EventStore
  let kept: string[]
  let calls: number
  let answer: RefreshAnswer
  let paused: number | null
  let retries: RetryBudget
  let now: Date
  /** Transactions that fail as if the database were away, counted from the announcement on. */
  let failing: Set<number>

  const factsOf = async () => (await store.readStream<GrantFact>(grantStreamOf(grantId))).facts
  const typesOf = async () => (await factsOf()).map(({ type }) => type)
  const grantOf = async (): Promise<Grant | undefined> => {
    const state = (await factsOf()).reduce<GrantState>(evolveGrant, { status: 'none' })
    return state.status === 'none' ? undefined : state
  }

  const deps = (): RefreshDeps => {
    let transaction = 0
    const flaky: EventStore = {
      ...store,
      transaction: (work) => {
        transaction += 1
        return failing.has(transaction) ? Promise.reject(tokenErrors.schema_drift()) : store.transaction(work)
      },
    }
    return {
      handle: grantHandler({ store: flaky, publicUrl: 'https://app.example.com' }),
      grants: {
        byId: async () => {
          const grant = await grantOf()
          return grant && { grant, version: (await factsOf()).length }
        },
      },
      vault: {
        keep: async (_unit, { accessToken, generation }) => {
          kept.push(`${generation}:${accessToken}`)
        },
        accessToken: async () => 'ya29.old',
        refreshToken: async () => ({ token: '1//old', dataKey: { id: 'key', key: Buffer.alloc(32) } }),
        shred: async () => undefined,
      },
      provider: {
        now: () => now,
        pausedForSeconds: () => paused,
        refresh: async () => {
          calls += 1
          return answer
        },
        revoke: async () => ({ settled: 'revoked' }),
      },
      outcomes: { query: () => undefined, refresh: () => undefined, retry: () => undefined },
      retries,
      clock,
      ids: { next: () => 'attempt' },
      random: () => 0.5,
      holder: { instanceId: 'one', bootId: 'boot' },
      policy: { kind: 'non_rotating' },
      pause: async () => undefined,
    }
  }

  beforeEach(async () => {
    kept = []
    calls = 0
    answer = success
    paused = null
    now = start
    retries = createRetryBudget(() => now.getTime(), oneRetry)
    failing = new Set()
    store = createInMemoryEventStore({
      source: 'token-service',
      facts: grantFactCatalogue,
      projections: [],
      clock,
    })
    await grantHandler({ store, publicUrl: 'https://app.example.com' })({
      grantId,
      metadata,
      command: {
        type: 'ReceiveTokens',
        now: now.toISOString(),
        grantId,
        userId: 'alice',
        issuer: 'https://accounts.google.com',
        account: { id: '1', email: 'alice@example.com' },
        authorizationId: 'authorization-1',
        services: ['calendar'],
        access: 'read',
        scopes: ['openid'],
        expiresAt: now.toISOString(),
        refreshDueAt: now.toISOString(),
        refreshTokenIncluded: true,
      },
    })
  })

  it('announces, asks once and keeps the new tokens with the fact of them', async () => {
    await refreshGrant(deps(), request)
    expect(calls).toBe(1)
    expect(kept).toEqual(['2:ya29.new'])
    expect(await typesOf()).toEqual(['GrantOpened', 'TokensReceived', 'RefreshStarted', 'GrantRefreshed'])
  })

  it('leaves Google and the record alone while the breaker is open', async () => {
    paused = 10
    await expect(refreshGrant(deps(), request)).rejects.toMatchObject({
      code: 'google_unavailable',
      context: { retryAfterSeconds: 10 },
    })
    expect(calls).toBe(0)
    expect(await typesOf()).toEqual(['GrantOpened', 'TokensReceived'])
  })

  it('does not ask Google when it could not announce', async () => {
    failing = new Set([1])
    await expect(refreshGrant(deps(), request)).rejects.toMatchObject({ kind: 'unavailable' })
    expect(calls).toBe(0)
  })

  it('does not lose an answer to a database that was away for a moment', async () => {
    failing = new Set([2, 3])
    await refreshGrant(deps(), request)
    expect(calls).toBe(1)
    expect(kept).toEqual(['2:ya29.new'])
    expect((await grantOf())?.generation).toBe(2)
  })

  it('says when to come back after a failure, and records what Google said', async () => {
    answer = {
      ok: false,
      evidence: { httpStatus: 503, error: null, errorSubtype: null },
      retryAfterSeconds: 9,
    }
    await expect(refreshGrant(deps(), request)).rejects.toMatchObject({
      code: 'google_unavailable',
      context: { retryAfterSeconds: 9 },
    })
    expect((await factsOf()).at(-1)).toMatchObject({
      type: 'RefreshFailed',
      data: { failureClass: 'transient', evidence: answer.evidence },
    })
  })

  /** A refresh that fails, and the moment at which it may be tried again. */
  const failOnce = async () => {
    answer = unavailable
    await expect(refreshGrant(deps(), request)).rejects.toMatchObject({ code: 'google_unavailable' })
    now = new Date(now.getTime() + 200_000)
  }

  it('retries what failed only while the process has retries to spend', async () => {
    await failOnce()
    await failOnce()
    expect(calls).toBe(2)
    const facts = await typesOf()
    await expect(refreshGrant(deps(), request)).rejects.toMatchObject({
      code: 'google_unavailable',
      context: { retryAfterSeconds: 5, extensions: { reason: 'retry_budget' } },
    })
    expect(calls).toBe(2)
    expect(await typesOf()).toEqual(facts)
  })

  it('spends no retry on a first attempt, nor on one that Google answered', async () => {
    await failOnce()
    answer = success
    await refreshGrant(deps(), request)
    expect((await grantOf())?.generation).toBe(2)
    expect(retries.take('schedule')).toBe(true)
  })

  it('gives a retry back that was never made', async () => {
    await failOnce()
    failing = new Set([1])
    await expect(refreshGrant(deps(), request)).rejects.toMatchObject({ kind: 'unavailable' })
    expect(retries.take('schedule')).toBe(true)
  })

  it('finishes what another life abandoned without asking for a retry', async () => {
    retries.take('schedule')
    const dying = { ...deps(), crashPoint: () => Promise.reject(new Error('killed')) }
    const atStart = (name: string) => (name === 'after_started' ? dying.crashPoint() : Promise.resolve())
    await expect(refreshGrant({ ...dying, crashPoint: atStart }, request)).rejects.toThrow('killed')
    now = new Date(now.getTime() + 31_000)
    await refreshGrant(deps(), request)
    expect((await grantOf())?.generation).toBe(2)
  })

  it('puts no token into a fact', async () => {
    await refreshGrant(deps(), request)
    expect(JSON.stringify(await factsOf())).not.toMatch(/ya29|1\/\//)
  })
})
