import { specification } from '@evergrant/decider/testing'
import { describe, expect, it } from 'vitest'
import { grantDecider } from './grant.ts'
import type { RecordRefreshed, RecordRefreshFailed, StartRefresh } from './grant-commands.ts'
import type { GrantFact } from './grant-facts.ts'
import { mayReplay, type ProviderPolicy } from './provider-policy.ts'

const { given } = specification(grantDecider)
const at = (second: number) => new Date(Date.UTC(2026, 10, 23, 10, 0, second)).toISOString()
const us = { instanceId: 'one', bootId: 'boot' }
const strict: ProviderPolicy = { kind: 'strict' }
const window: ProviderPolicy = { kind: 'replay_window', windowSeconds: 30 }
const google: ProviderPolicy = { kind: 'non_rotating' }

const history: GrantFact[] = [
  {
    type: 'GrantOpened',
    data: {
      grantId: '5f0c8a86-6b9f-5a53-9d2e-2f6b7c1d0e01',
      userId: 'alice',
      issuer: 'https://issuer.example.com',
      account: { id: '1', email: 'alice@example.com' },
      openedAt: at(0),
    },
  },
  {
    type: 'TokensReceived',
    data: {
      generation: 1,
      authorizationId: 'authorization-1',
      account: { id: '1', email: 'alice@example.com' },
      services: ['calendar'],
      access: 'read',
      scopes: ['openid'],
      expiresAt: at(3600),
      refreshDueAt: at(0),
      refreshTokenGeneration: 1,
      receivedAt: at(0),
    },
  },
]

const started = (attempt: number, second: number): GrantFact => ({
  type: 'RefreshStarted',
  data: {
    generation: 1,
    attempt,
    attemptId: `attempt-${attempt}`,
    holder: us,
    cause: 'schedule',
    leaseUntil: at(second + 10),
    startedAt: at(second),
  },
})
const inDoubt = (attempt: number, second: number): GrantFact => ({
  type: 'RefreshFailed',
  data: {
    generation: 1,
    attemptId: `attempt-${attempt}`,
    failureClass: 'in_doubt',
    evidence: { httpStatus: null, error: 'no_outcome_recorded', errorSubtype: null },
    nextAttemptAt: at(second),
    failedAt: at(second),
  },
})
const start = (attempt: number, second: number, policy: ProviderPolicy): StartRefresh => ({
  type: 'StartRefresh',
  now: at(second),
  attemptId: `attempt-${attempt}`,
  holder: us,
  leaseUntil: at(second + 10),
  cause: 'schedule',
  policy,
  seenGeneration: 1,
})
const unknownToken = (attempt: number, policy: ProviderPolicy): RecordRefreshFailed => ({
  type: 'RecordRefreshFailed',
  attemptId: `attempt-${attempt}`,
  generation: 1,
  policy,
  failureClass: 'revoked',
  evidence: { httpStatus: 400, error: 'invalid_grant', errorSubtype: null },
  nextAttemptAt: null,
  failedAt: at(12),
})
const success = (attempt: number): RecordRefreshed => ({
  type: 'RecordRefreshed',
  attemptId: `attempt-${attempt}`,
  generation: 1,
  scopes: null,
  expiresAt: at(3700),
  refreshDueAt: at(3600),
  refreshTokenReplaced: true,
  refreshedAt: at(50),
})
const lost = (second: number): GrantFact => ({
  type: 'ReauthorizationRequired',
  data: { generation: 1, reason: 'rotation_lost', requiredAt: at(second) },
})
const failedAs = ({ failureClass, evidence, nextAttemptAt, failedAt, attemptId }: RecordRefreshFailed) => ({
  type: 'RefreshFailed' as const,
  data: { generation: 1, attemptId, failureClass, evidence, nextAttemptAt, failedAt },
})

describe('a refresh in doubt', () => {
  it('is replayed once with any provider', () => {
    for (const policy of [strict, window, google]) {
      given(...history, started(1, 0))
        .when(start(2, 11, policy))
        .then(inDoubt(1, 11), started(2, 11))
    }
  })

  it('is replayed again and again only where the provider keeps its refresh tokens', () => {
    const twice = [...history, started(1, 0), inDoubt(1, 11), started(2, 11)]
    given(...twice)
      .when(start(3, 22, google))
      .then(inDoubt(2, 22), started(3, 22))
    given(...twice)
      .when(start(3, 22, strict))
      .then(inDoubt(2, 22), lost(22))
  })

  it('is replayed as long as the replay window is open', () => {
    const twice = [...history, started(1, 0), inDoubt(1, 11), started(2, 11)]
    given(...twice)
      .when(start(3, 30, window))
      .then(inDoubt(2, 30), started(3, 30))
    given(...twice)
      .when(start(3, 31, window))
      .then(inDoubt(2, 31), lost(31))
    expect(mayReplay(window, { attempts: 1, since: at(0) }, at(500))).toBe(true)
  })

  it('ends as lost in rotation, never as revoked, where refresh tokens are replaced', () => {
    for (const policy of [strict, window]) {
      const failure = unknownToken(2, policy)
      given(...history, started(1, 0), inDoubt(1, 11), started(2, 11))
        .when(failure)
        .then(failedAs(failure), lost(12))
    }
  })

  it('was revoked when a provider that keeps its refresh tokens says so, or nothing was in doubt', () => {
    const revoked: GrantFact = {
      type: 'ReauthorizationRequired',
      data: { generation: 1, reason: 'revoked_at_google', requiredAt: at(12) },
    }
    const kept = unknownToken(2, google)
    given(...history, started(1, 0), inDoubt(1, 11), started(2, 11))
      .when(kept)
      .then(failedAs(kept), revoked)
    const clear = unknownToken(1, strict)
    given(...history, started(1, 0))
      .when(clear)
      .then(failedAs(clear), revoked)
  })

  it('is over when the answer comes after all, and the grant lives again', () => {
    given(...history, started(1, 0), inDoubt(1, 11), lost(11))
      .when(success(1))
      .then({
        type: 'GrantRefreshed',
        data: {
          generation: 2,
          attemptId: 'attempt-1',
          scopes: ['openid'],
          expiresAt: at(3700),
          refreshDueAt: at(3600),
          refreshTokenGeneration: 2,
          refreshedAt: at(50),
        },
      })
  })
})
