import { describe, expect, it } from 'vitest'
import { classifyFailure, type GoogleAnswer, tripsBreaker } from './google-failure.ts'

const answer = (status: number | null, more: Partial<GoogleAnswer> = {}): GoogleAnswer => ({
  status,
  reason: null,
  message: null,
  retryAfterSeconds: null,
  ...more,
})

describe('an unhappy answer of Google', () => {
  it.each([
    [answer(null), 'google_unavailable', true],
    [answer(500), 'google_unavailable', true],
    [answer(503, { reason: 'backendError' }), 'google_unavailable', true],
    [answer(429), 'rate_limited', true],
    [answer(403, { reason: 'rateLimitExceeded' }), 'rate_limited', true],
    [answer(403, { reason: 'userRateLimitExceeded' }), 'rate_limited', true],
    [answer(403, { reason: 'dailyLimitExceeded' }), 'quota_exhausted', true],
    [answer(403, { reason: 'insufficientPermissions' }), 'missing_scopes', false],
    [answer(403, { reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }), 'missing_scopes', false],
    [answer(403, { reason: 'accessNotConfigured' }), 'api_disabled', false],
    [answer(403, { reason: 'SERVICE_DISABLED' }), 'api_disabled', false],
    [answer(403, { reason: 'forbiddenForNonOrganizer' }), 'forbidden', false],
    [answer(403, { reason: 'forbidden' }), 'forbidden', false],
    [answer(401), 'access_token_rejected', false],
    [answer(404), 'not_found', false],
    [answer(410, { reason: 'fullSyncRequired' }), 'sync_token_lost', false],
    [answer(410, { reason: 'updatedMinTooLongAgo' }), 'sync_token_lost', false],
    [answer(400, { message: 'Invalid sync token value.' }), 'sync_token_lost', false],
    [answer(400), 'rejected_by_google', false],
  ])('is told apart: %j is %s (B1.20, B1.29, B5.70)', (given, word, passing) => {
    expect(classifyFailure(given)).toMatchObject({ word, passing })
  })

  it('keeps the time Google asks for, and waits long for a used-up quota', () => {
    expect(classifyFailure(answer(429, { retryAfterSeconds: 7 })).retryAfterSeconds).toBe(7)
    expect(classifyFailure(answer(403, { reason: 'quotaExceeded' })).retryAfterSeconds).toBe(3600)
  })

  it('trips the breaker for an outage, never for one user or one request (B5.72)', () => {
    expect([answer(null), answer(503)].map(tripsBreaker)).toEqual([true, true])
    const personal = [400, 401, 403, 404, 409, 410, 412, 429].map((status) => answer(status))
    expect(personal.some(tripsBreaker)).toBe(false)
  })
})
