/** Every word a connection may give for its status. Stable: callers compare them, and the console has a sentence for each. */
export const connectionReasons = [
  'revoked_by_user',
  'revoked_by_admin',
  'revoked_at_google',
  'consent_expired_testing_mode',
  'refresh_token_unused',
  'refresh_token_limit',
  'refresh_token_missing',
  'rotation_lost',
  'account_disabled',
  'session_control',
  'admin_policy',
  'reauthorization_policy',
  'scopes_not_granted',
  'scopes_unknown',
  'client_misconfigured',
  'google_unavailable',
  'schema_drift',
] as const

export type ConnectionReason = (typeof connectionReasons)[number]
