import { describe, expect, it } from 'vitest'
import { classifyFailure, reauthorizationReason } from './failure-class.ts'

const evidence = (
  httpStatus: number | null,
  error: string | null = null,
  errorSubtype: string | null = null,
) => ({
  httpStatus,
  error,
  errorSubtype,
})

describe('classifying what Google said', () => {
  it.each([
    [evidence(400, 'invalid_grant'), 'revoked'],
    [evidence(400, 'invalid_grant', 'invalid_rapt'), 'reauthorization_policy'],
    [evidence(400, 'admin_policy_enforced'), 'reauthorization_policy'],
    [evidence(401, 'invalid_client'), 'client_misconfigured'],
    [evidence(400, 'unauthorized_client'), 'client_misconfigured'],
    [evidence(403, 'org_internal'), 'client_misconfigured'],
    [evidence(401), 'client_misconfigured'],
    [evidence(429), 'rate_limited'],
    [evidence(403, 'rate_limit_exceeded'), 'rate_limited'],
    [evidence(500), 'transient'],
    [evidence(503, 'backend_error'), 'transient'],
    [evidence(null, 'not_sent'), 'transient'],
    [evidence(null, 'circuit_open'), 'transient'],
    [evidence(null, 'no_answer'), 'in_doubt'],
    [evidence(null, 'timed_out'), 'in_doubt'],
    [evidence(200, 'unreadable_answer'), 'in_doubt'],
  ] as const)('calls %o %s', (said, failureClass) => {
    expect(classifyFailure(said)).toBe(failureClass)
  })

  it('does not believe a proxy that says invalid_grant with a foreign status', () => {
    expect(classifyFailure(evidence(404, 'invalid_grant'))).toBe('transient')
    expect(classifyFailure(evidence(502, 'invalid_grant'))).toBe('transient')
  })

  it('needs the user only for what only the user can mend', () => {
    expect(reauthorizationReason('revoked', evidence(400, 'invalid_grant'))).toBe('revoked_at_google')
    expect(
      reauthorizationReason('reauthorization_policy', evidence(400, 'invalid_grant', 'invalid_rapt')),
    ).toBe('session_control')
    expect(reauthorizationReason('reauthorization_policy', evidence(400, 'admin_policy_enforced'))).toBe(
      'admin_policy',
    )
    expect(
      reauthorizationReason(
        'reauthorization_policy',
        evidence(400, 'invalid_grant', 'admin_policy_enforced'),
      ),
    ).toBe('admin_policy')
    for (const failureClass of ['client_misconfigured', 'rate_limited', 'transient', 'in_doubt'] as const) {
      expect(reauthorizationReason(failureClass, evidence(null))).toBeNull()
    }
  })
})
