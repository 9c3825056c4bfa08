import { connectionIdOf, connectionSchema, requiredScopes } from '@evergrant/event-contracts'
import { describe, expect, it } from 'vitest'
import { connectionView } from './connection-view.ts'
import type { Grant } from './grant-state.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 10, minute))
const grantId = '5f0c8a86-6b9f-5a53-9d2e-2f6b7c1d0e01'

const grant: Grant = {
  status: 'live',
  reason: null,
  grantId,
  userId: 'alice',
  issuer: 'https://accounts.google.com',
  account: { id: '110169484474386276334', email: 'alice@example.com' },
  generation: 3,
  scopes: ['openid', ...requiredScopes('calendar', 'read')],
  expiresAt: at(60).toISOString(),
  refreshDueAt: at(50).toISOString(),
  refreshTokenGeneration: 1,
  lastRefreshedAt: at(0).toISOString(),
  authorizationIds: [],
  connections: {
    calendar: { service: 'calendar', access: 'read', connectedAt: at(0).toISOString(), disconnected: null },
    gmail: { service: 'gmail', access: 'read', connectedAt: at(0).toISOString(), disconnected: null },
  },
  refresh: { status: 'idle' },
  refreshTokenSince: '2026-11-23T09:00:00.000Z',
  doubt: null,
  revocation: { status: 'none' },
}

const failedAt = (minute: number, failureClass: 'transient' | 'client_misconfigured') =>
  ({
    status: 'failed',
    attempt: 1,
    failures: 1,
    failureClass,
    failedAt: at(minute).toISOString(),
    nextAttemptAt: at(minute + 1).toISOString(),
  }) as const

function view(state: Grant, service: 'calendar' | 'gmail' | 'drive' = 'calendar', minute = 10) {
  return connectionView(state, service, {
    now: at(minute),
    publicUrl: 'https://app.example.com',
    lastUsedAt: null,
  })
}

describe('a connection as users see it', () => {
  it('has the shape of the contract', () => {
    expect(connectionSchema.parse(view(grant))).toEqual({
      id: connectionIdOf(grantId, 'calendar'),
      grantId,
      service: 'calendar',
      account: grant.account,
      status: 'active',
      reason: null,
      action: null,
      scopes: requiredScopes('calendar', 'read'),
      missingScopes: [],
      access: 'read',
      expiresAt: grant.expiresAt,
      lastRefreshedAt: grant.lastRefreshedAt,
      lastUsedAt: null,
      connectedAt: at(0).toISOString(),
      capabilities: { 'token.read': 'ok', 'token.refresh': 'ok' },
      generation: 3,
    })
    expect(view(grant, 'drive')).toBeUndefined()
  })

  it('names what was not granted, and one click that adds it', () => {
    expect(view(grant, 'gmail')).toMatchObject({
      status: 'missing_scopes',
      reason: 'scopes_not_granted',
      missingScopes: requiredScopes('gmail', 'read'),
      action: {
        kind: 'grant_scopes',
        url: `https://app.example.com/console?connect=gmail&connection=${connectionIdOf(grantId, 'gmail')}`,
      },
    })
  })

  it('stays calm about a failed refresh while the token works', () => {
    expect(view({ ...grant, refresh: failedAt(55, 'transient') }, 'calendar', 56)).toMatchObject({
      status: 'active',
      reason: null,
      capabilities: { 'token.read': 'ok', 'token.refresh': 'degraded' },
    })
  })

  it('names Google once the token has ended, and claims nothing a day later', () => {
    const failing = { ...grant, refresh: failedAt(61, 'transient') }
    expect(view(failing, 'calendar', 62)).toMatchObject({
      status: 'active',
      reason: 'google_unavailable',
      action: { kind: 'wait' },
      capabilities: { 'token.read': 'unavailable', 'token.refresh': 'degraded' },
    })
    expect(view(failing, 'calendar', 60 + 25 * 60)).toMatchObject({
      status: 'unknown',
      reason: 'google_unavailable',
    })
  })

  it('names Google from the moment the token ends, before the next try is made', () => {
    const failedBefore = { ...grant, refresh: failedAt(55, 'transient') }
    expect(view(failedBefore, 'calendar', 59)).toMatchObject({ reason: null, action: null })
    expect(view(failedBefore, 'calendar', 60)).toMatchObject({
      status: 'active',
      reason: 'google_unavailable',
      action: { kind: 'wait' },
      capabilities: { 'token.read': 'unavailable', 'token.refresh': 'degraded' },
    })
  })

  it('does not blame the user for our own client', () => {
    expect(view({ ...grant, refresh: failedAt(55, 'client_misconfigured') }, 'calendar', 56)).toMatchObject({
      status: 'active',
      reason: 'client_misconfigured',
      action: { kind: 'contact_operator' },
      capabilities: { 'token.read': 'ok', 'token.refresh': 'unavailable' },
    })
  })

  it('warns before, and tells after, the end of a grant without refresh token', () => {
    const ending = { ...grant, refreshTokenGeneration: null }
    expect(view(ending)).toMatchObject({ status: 'active', reason: 'refresh_token_missing' })
    expect(view(ending, 'calendar', 61)).toMatchObject({
      status: 'needs_reauthorization',
      reason: 'refresh_token_missing',
      action: { kind: 'reconnect' },
    })
  })

  it('tells a disconnected service from its living sibling', () => {
    const disconnected = { at: at(5).toISOString(), reason: 'revoked_by_user' as const }
    const { gmail, calendar } = grant.connections
    const state: Grant = {
      ...grant,
      connections: {
        ...(calendar === undefined ? {} : { calendar: { ...calendar, disconnected } }),
        ...(gmail === undefined ? {} : { gmail }),
      },
    }
    expect(view(state)).toMatchObject({ status: 'disconnected', reason: 'revoked_by_user', expiresAt: null })
    expect(view(state, 'gmail')?.status).toBe('missing_scopes')
  })
})
