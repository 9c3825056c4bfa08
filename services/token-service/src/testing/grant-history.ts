import type { GrantFact } from '../domain/grant-facts.ts'

// The life of one grant, fact by fact, as the specs of its decisions tell it.

export const grantId = '5f0c8a86-6b9f-5a53-9d2e-2f6b7c1d0e01'
export const account = { id: '110169484474386276334', email: 'alice@example.com' }
export const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 10, minute)).toISOString()
export const scopes = ['openid', 'https://www.googleapis.com/auth/calendar.readonly']
export const us = { instanceId: 'one', bootId: 'boot-1' }

export const opened: GrantFact = {
  type: 'GrantOpened',
  data: { grantId, userId: 'alice', issuer: 'https://accounts.google.com', account, openedAt: at(0) },
}

export function received(
  change: Partial<Extract<GrantFact, { type: 'TokensReceived' }>['data']> = {},
): GrantFact {
  return {
    type: 'TokensReceived',
    data: {
      generation: 1,
      authorizationId: 'authorization-1',
      account,
      services: ['calendar'],
      access: 'read',
      scopes,
      expiresAt: at(60),
      refreshDueAt: at(50),
      refreshTokenGeneration: 1,
      receivedAt: at(0),
      ...change,
    },
  }
}

export function started(
  change: Partial<Extract<GrantFact, { type: 'RefreshStarted' }>['data']> = {},
): GrantFact {
  return {
    type: 'RefreshStarted',
    data: {
      generation: 1,
      attempt: 1,
      attemptId: 'attempt-1',
      holder: us,
      cause: 'schedule',
      leaseUntil: at(52),
      startedAt: at(51),
      ...change,
    },
  }
}

export function failed(
  change: Partial<Extract<GrantFact, { type: 'RefreshFailed' }>['data']> = {},
): GrantFact {
  return {
    type: 'RefreshFailed',
    data: {
      generation: 1,
      attemptId: 'attempt-1',
      failureClass: 'transient',
      evidence: { httpStatus: 503, error: null, errorSubtype: null },
      nextAttemptAt: at(53),
      failedAt: at(52),
      ...change,
    },
  }
}

export const refreshed = {
  type: 'GrantRefreshed',
  data: {
    generation: 2,
    attemptId: 'attempt-1',
    scopes,
    expiresAt: at(111),
    refreshDueAt: at(100),
    refreshTokenGeneration: 1,
    refreshedAt: at(51),
  },
} satisfies GrantFact

export const reauthorizationRequired: GrantFact = {
  type: 'ReauthorizationRequired',
  data: { generation: 1, reason: 'revoked_at_google', requiredAt: at(52) },
}

export const gone = (service: 'calendar' | 'gmail'): GrantFact => ({
  type: 'ConnectionDisconnected',
  data: { service, reason: 'revoked_by_user', disconnectedAt: at(20) },
})

export const revoked: GrantFact = {
  type: 'GrantRevoked',
  data: { generation: 1, by: 'user', reason: 'revoked_by_user', revokedAt: at(20) },
}
