import { connectionIdOf, requiredScopes } from '@evergrant/event-contracts'
import { describe, expect, it } from 'vitest'
import type { Grant, RefreshState } from '../domain/grant-state.ts'
import { createRetryBudget } from './retry-budget.ts'
import { type VendDeps, vendAccessToken } from './vend-access-token.ts'
import { createWarmTokens } from './warm-tokens.ts'

const now = new Date('2026-11-23T10:00:00.000Z')
const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000).toISOString()
const grantId = '5f0c8a86-6b9f-5a53-9d2e-2f6b7c1d0e01'

/** Usable for ten more minutes, and due for a refresh since five. */
const due = (refresh: RefreshState): Grant => ({
  status: 'live',
  reason: null,
  grantId,
  userId: 'alice',
  issuer: 'https://accounts.google.com',
  account: { id: '1', email: 'alice@example.com' },
  generation: 1,
  scopes: requiredScopes('calendar', 'read'),
  expiresAt: at(10),
  refreshDueAt: at(-5),
  refreshTokenGeneration: 1,
  refreshTokenSince: at(-60),
  lastRefreshedAt: null,
  authorizationIds: [],
  connections: {
    calendar: { service: 'calendar', access: 'read', connectedAt: at(-60), disconnected: null },
  },
  refresh,
  doubt: null,
  revocation: { status: 'none' },
})

const failed: RefreshState = {
  status: 'failed',
  attempt: 1,
  failures: 1,
  failureClass: 'transient',
  failedAt: at(-2),
  nextAttemptAt: at(-1),
}

/** Vends once and says how many refreshes that began behind the caller. */
async function vend(refresh: RefreshState, retriesInHand: number): Promise<number> {
  let begun = 0
  const deps: VendDeps = {
    grants: {
      ofConnection: async () => ({ grant: due(refresh), service: 'calendar', lastUsedAt: null }),
    },
    vault: { accessToken: async () => 'ya29.old' },
    provider: { now: () => now, pausedForSeconds: () => null },
    warmTokens: createWarmTokens(() => 0),
    retries: createRetryBudget(() => 0, {
      most: retriesInHand,
      perSecond: 0,
      perSuccess: 0,
      keptForCallers: 1,
    }),
    freshness: {
      refresh: async () => {
        begun += 1
      },
      drain: async () => undefined,
    },
    vendLog: { record: async () => undefined },
    outcomes: { query: () => undefined, refresh: () => undefined, retry: () => undefined },
    clock: { now: () => now },
    publicUrl: 'https://app.example.com',
    onBackgroundFailure: () => undefined,
  }
  const { accessToken } = await vendAccessToken(deps, {
    connectionId: connectionIdOf(grantId, 'calendar'),
    minValiditySeconds: 0,
    requiredScopes: [],
    rejectedGeneration: null,
    purpose: null,
    caller: 'spec',
    metadata: { actor: { kind: 'schedule' }, correlationId: 'correlation' },
  })
  expect(accessToken).toBe('ya29.old')
  return begun
}

describe('a vend of a token that works but is due', () => {
  it('begins a refresh behind the caller', async () => {
    expect(await vend({ status: 'idle' }, 0)).toBe(1)
    expect(await vend(failed, 2)).toBe(1)
  })

  it('leaves the last retries to callers who have no token', async () => {
    expect(await vend(failed, 1)).toBe(0)
  })

  it('begins none while another attempt has its lease, or the last failure still backs off', async () => {
    expect(await vend({ ...failed, nextAttemptAt: at(1) }, 2)).toBe(0)
    const started: RefreshState = {
      status: 'started',
      attempt: 1,
      attemptId: 'attempt',
      holder: { instanceId: 'one', bootId: 'boot' },
      startedAt: at(0),
      leaseUntil: at(0.5),
      failuresBefore: 0,
    }
    expect(await vend(started, 2)).toBe(0)
  })
})
