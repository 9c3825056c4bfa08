/** What an error in Google's redirect means: somebody said no, or something broke. */
export interface Refusal {
  readonly status: 'denied' | 'failed'
  /** The error code where it is a known one; the parameter itself may be anything anyone typed. */
  readonly reason: string
}

/** The user, or an administrator on their behalf, said no. */
const denials = new Set(['access_denied', 'admin_policy_enforced', 'org_internal', 'consent_required'])

const failures = new Set([
  'disallowed_useragent',
  'invalid_request',
  'invalid_scope',
  'interaction_required',
  'login_required',
  'server_error',
  'temporarily_unavailable',
  'unauthorized_client',
  'unsupported_response_type',
])

/** Reads the `error` of an authorization response (RFC 6749 4.1.2.1, and Google's own words). */
export function refusalOf(error: string): Refusal {
  if (denials.has(error)) return { status: 'denied', reason: error }
  return { status: 'failed', reason: failures.has(error) ? error : 'unrecognized_error' }
}
