import { contracts, requiredScopes } from '@evergrant/event-contracts'
import { describe, expect, it } from 'vitest'
import { evolveGrant } from '../domain/evolve-grant.ts'
import type { GrantFact } from '../domain/grant-facts.ts'
import type { GrantState } from '../domain/grant-state.ts'
import { account, refreshed as aRefresh, at, grantId, opened } from '../testing/grant-history.ts'
import { publicationsOf } from './publications.ts'

const publish = publicationsOf('https://app.example.com')

const received: GrantFact = {
  type: 'TokensReceived',
  data: {
    generation: 1,
    authorizationId: 'authorization-1',
    account,
    services: ['calendar', 'gmail'],
    access: 'read',
    scopes: ['openid', ...requiredScopes('calendar', 'read'), ...requiredScopes('gmail', 'read')],
    expiresAt: at(60),
    refreshDueAt: at(50),
    refreshTokenGeneration: 1,
    receivedAt: at(0),
  },
}
const started: GrantFact = {
  type: 'RefreshStarted',
  data: {
    generation: 1,
    attempt: 1,
    attemptId: 'attempt-1',
    holder: { instanceId: 'one', bootId: 'boot' },
    cause: 'schedule',
    leaseUntil: at(52),
    startedAt: at(51),
  },
}
const refreshed = (scopes: readonly string[]): GrantFact => ({
  ...aRefresh,
  data: { ...aRefresh.data, scopes: [...scopes] },
})
const failed: GrantFact = {
  type: 'RefreshFailed',
  data: {
    generation: 1,
    attemptId: 'attempt-1',
    failureClass: 'revoked',
    evidence: { httpStatus: 400, error: 'invalid_grant', errorSubtype: null },
    nextAttemptAt: null,
    failedAt: at(51),
  },
}
const needed: GrantFact = {
  type: 'ReauthorizationRequired',
  data: { generation: 1, reason: 'revoked_at_google', requiredAt: at(51) },
}
const gone: GrantFact = {
  type: 'ConnectionDisconnected',
  data: { service: 'gmail', reason: 'revoked_by_user', disconnectedAt: at(20) },
}
const revoked: GrantFact = {
  type: 'GrantRevoked',
  data: { generation: 1, by: 'user', reason: 'revoked_by_user', revokedAt: at(21) },
}

/** What the last of these facts makes public. */
function told(...facts: readonly GrantFact[]) {
  let before: GrantState = { status: 'none' }
  for (const fact of facts.slice(0, -1)) before = evolveGrant(before, fact)
  const last = facts.at(-1)
  if (!last) return []
  return publish(last, evolveGrant(before, last), before).map(({ contract, data }) => {
    expect(contract.schema.parse(data)).toEqual(data)
    return { name: contract.name, data }
  })
}

const names = (...facts: readonly GrantFact[]) => told(...facts).map(({ name }) => name)
const scopes = received.data.scopes

describe('what leaves the service', () => {
  it('tells of every connection that a consent opens', () => {
    expect(names(opened)).toEqual([])
    expect(names(opened, received)).toEqual(['ConnectionChanged', 'ConnectionChanged'])
  })

  it('keeps the start of a refresh private', () => {
    expect(names(opened, received, started)).toEqual([])
  })

  it('tells a refresh as one event while nothing else changed', () => {
    const [event, ...others] = told(opened, received, started, refreshed(scopes))
    expect(others).toEqual([])
    expect(event).toEqual({
      name: contracts.tokenRefreshed.name,
      data: { grantId, userId: 'alice', generation: 2, expiresAt: at(111), scopes, refreshedAt: at(51) },
    })
  })

  it('tells which connection lost its scopes in a refresh', () => {
    const kept = ['openid', ...requiredScopes('calendar', 'read')]
    const [, changed, ...others] = told(opened, received, started, refreshed(kept))
    expect(others).toEqual([])
    expect(changed).toMatchObject({
      name: 'ConnectionChanged',
      data: { connection: { service: 'gmail', status: 'missing_scopes' } },
    })
  })

  it('tells a failure with its evidence, and once that the user is needed', () => {
    expect(names(opened, received, started, failed)).toEqual(['TokenRefreshFailed'])
    expect(told(opened, received, started, failed, needed)).toMatchObject([
      {
        name: 'ReauthorizationRequired',
        data: { reason: 'revoked_at_google', action: { kind: 'reconnect', url: expect.any(String) } },
      },
      { name: 'ConnectionChanged', data: { connection: { status: 'needs_reauthorization' } } },
      { name: 'ConnectionChanged', data: { connection: { status: 'needs_reauthorization' } } },
    ])
  })

  it('tells the end of one connection, and the end of the grant', () => {
    expect(told(opened, received, gone)).toMatchObject([
      { name: 'ConnectionChanged', data: { connection: { service: 'gmail', status: 'disconnected' } } },
    ])
    expect(names(opened, received, gone, revoked)).toContain('GrantRevoked')
  })
})
