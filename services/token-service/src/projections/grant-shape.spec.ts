import { describe, expect, it } from 'vitest'
import { evolveGrant } from '../domain/evolve-grant.ts'
import type { GrantFact } from '../domain/grant-facts.ts'
import type { GrantState } from '../domain/grant-state.ts'
import { grantShape } from './grant-snapshots.ts'

const at = '2026-11-23T10:00:00.000Z'
const account = { id: '1', email: 'ann@example.com' }
type DataOf<Type extends GrantFact['type']> = Extract<GrantFact, { type: Type }>['data']

const received: DataOf<'TokensReceived'> = {
  ...{
    generation: 1,
    authorizationId: 'a',
    account,
    services: ['calendar'],
    access: 'read',
    scopes: ['openid'],
  },
  ...{ scopesUnknown: true, expiresAt: at, refreshDueAt: at, refreshTokenGeneration: 1, receivedAt: at },
}
const started: DataOf<'RefreshStarted'> = {
  ...{ generation: 1, attempt: 1, attemptId: 'b', holder: { instanceId: 'i', bootId: 'j' } },
  ...{ cause: 'schedule', leaseUntil: at, startedAt: at },
}
const failed: DataOf<'RefreshFailed'> = {
  ...{ generation: 1, attemptId: 'b', failureClass: 'in_doubt', nextAttemptAt: at, failedAt: at },
  evidence: { httpStatus: null, error: 'ECONNRESET', errorSubtype: null },
}

const life: readonly GrantFact[] = [
  {
    type: 'GrantOpened',
    data: { grantId: 'g', userId: 'u', issuer: 'https://google', account, openedAt: at },
  },
  { type: 'TokensReceived', data: received },
  { type: 'RefreshStarted', data: started },
  { type: 'RefreshFailed', data: failed },
  {
    type: 'ConnectionDisconnected',
    data: { service: 'calendar', reason: 'revoked_by_user', disconnectedAt: at },
  },
  { type: 'GrantRevoked', data: { generation: 1, by: 'user', reason: 'revoked_by_user', revokedAt: at } },
]

function pathsOf(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path]
  return Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, path === '' ? key : `${path}.${key}`))
}

describe('the shape of what is kept of a grant', () => {
  it('has a number that was raised with its last change', () => {
    const states = life.map((_, index) =>
      life.slice(0, index + 1).reduce<GrantState>(evolveGrant, { status: 'none' }),
    )
    const fields = [...new Set(states.flatMap((state) => pathsOf(state, '')))].sort()
    // Other fields? Then `grantShape` is to be raised by one, here and there.
    expect({ shape: grantShape, fields }).toMatchInlineSnapshot(`
      {
        "fields": [
          "account.email",
          "account.id",
          "authorizationIds",
          "connections.calendar.access",
          "connections.calendar.connectedAt",
          "connections.calendar.disconnected",
          "connections.calendar.disconnected.at",
          "connections.calendar.disconnected.reason",
          "connections.calendar.service",
          "doubt",
          "doubt.attempts",
          "doubt.since",
          "expiresAt",
          "generation",
          "grantId",
          "issuer",
          "lastRefreshedAt",
          "reason",
          "refresh.attempt",
          "refresh.attemptId",
          "refresh.failedAt",
          "refresh.failureClass",
          "refresh.failures",
          "refresh.failuresBefore",
          "refresh.holder.bootId",
          "refresh.holder.instanceId",
          "refresh.leaseUntil",
          "refresh.nextAttemptAt",
          "refresh.startedAt",
          "refresh.status",
          "refreshDueAt",
          "refreshTokenGeneration",
          "refreshTokenSince",
          "revocation.dueAt",
          "revocation.failures",
          "revocation.status",
          "scopes",
          "scopesUnknown",
          "status",
          "userId",
        ],
        "shape": 1,
      }
    `)
  })
})
