import type { ConnectionReason } from './connection-reason.ts'
export type FailureClass =
  | 'revoked'
  | 'reauthorization_policy'
  | 'client_misconfigured'
  | 'rate_limited'
  | 'transient'
  | 'in_doubt'

/** What Google said, kept for good: a better rule can be replayed over it. Never anything secret. */
export interface RefreshEvidence {
  /** null when there was no answer. */
  readonly httpStatus: number | null
  /** RFC 6749 error code, or our own word for what happened on the way. */
  readonly error: string | null
  readonly errorSubtype: string | null
}

/** Errors on our side of the wire before Google can have seen the request. */
const neverSent = new Set(['not_sent', 'circuit_open', 'discovery_failed'])

const policyErrors = new Set([
  'admin_policy_enforced',
  'access_denied',
  'consent_required',
  'interaction_required',
  'login_required',
])

const clientErrors = new Set([
  'invalid_client',
  'unauthorized_client',
  'deleted_client',
  'disabled_client',
  'org_internal',
  'invalid_request',
  'invalid_scope',
  'unsupported_grant_type',
])

/** RFC 6749 §5.2 and Google's additions, as classes. Doubt never marks a user. */
export function classifyFailure({ httpStatus, error, errorSubtype }: RefreshEvidence): FailureClass {
  if (httpStatus === null) return error !== null && neverSent.has(error) ? 'transient' : 'in_doubt'
  if (httpStatus === 429 || error === 'rate_limit_exceeded') return 'rate_limited'
  if (httpStatus >= 500) return 'transient'
  // An answer of success that cannot be read: Google may well have done it.
  if (httpStatus < 300) return 'in_doubt'
  // A proxy's 404 that says invalid_grant is not Google's word; the RFC gives it 400 (401 for clients).
  if (error === 'invalid_grant' && (httpStatus === 400 || httpStatus === 401)) {
    return errorSubtype === null ? 'revoked' : 'reauthorization_policy'
  }
  if (error !== null && policyErrors.has(error)) return 'reauthorization_policy'
  if (error !== null && clientErrors.has(error)) return 'client_misconfigured'
  return httpStatus === 401 ? 'client_misconfigured' : 'transient'
}

/** The stable word for why the user is needed; null when the user is not. */
export function reauthorizationReason(
  failureClass: FailureClass,
  { error, errorSubtype }: RefreshEvidence,
): ConnectionReason | null {
  if (failureClass === 'revoked') return 'revoked_at_google'
  if (failureClass !== 'reauthorization_policy') return null
  // Google says the same in either member: `invalid_rapt` and `rapt_required` are session control.
  const words = [error, errorSubtype]
  if (words.includes('invalid_rapt') || words.includes('rapt_required')) return 'session_control'
  return words.includes('admin_policy_enforced') ? 'admin_policy' : 'reauthorization_policy'
}
