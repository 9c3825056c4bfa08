import { defineErrors } from '@evergrant/decider'

export const tokenErrors = defineErrors({
  connection_not_found: { kind: 'missing', message: 'There is no such connection.' },
  needs_reauthorization: {
    kind: 'conflict',
    message: 'The user has to connect the Google account again before this works.',
  },
  missing_scopes: { kind: 'conflict', message: 'The user has not granted every scope this needs.' },
  google_unavailable: {
    kind: 'unavailable',
    message: 'Google does not answer at the moment and no usable access token is left.',
  },
  client_misconfigured: {
    kind: 'unavailable',
    message: "Google refuses this application's own client credentials; an operator has to correct them.",
  },
  refresh_under_way: { kind: 'conflict', message: 'Another process is refreshing this grant.' },
  refresh_backing_off: {
    kind: 'unavailable',
    message: 'The last refresh failed; the next attempt is later.',
  },
  tokens_not_readable: {
    kind: 'internal',
    message: 'The stored tokens of this grant fail authentication.',
  },
  sealed_tokens_rejected: {
    kind: 'rejected',
    message: 'The sealed tokens cannot be opened or belong to something else.',
  },
  grant_mismatch: {
    kind: 'rejected',
    message: 'The grant id does not derive from this user, issuer and account.',
  },
  security_event_rejected: {
    kind: 'rejected',
    message: 'This is no security event of the identity provider for this application.',
  },
  key_ring_unreadable: { kind: 'internal', message: 'The vault key ring file is missing or damaged.' },
  key_ring_not_writable: {
    kind: 'conflict',
    message:
      'The vault key ring file cannot be written here: add the new key to it by hand, then rotate without one.',
  },
  vault_key_not_found: { kind: 'missing', message: 'There is no such key in the key ring.' },
  vault_key_in_use: {
    kind: 'conflict',
    message: 'Data keys are still wrapped by this key, or new ones would be.',
  },
  vault_keys_unavailable: {
    kind: 'unavailable',
    message: 'The key management service does not answer; tokens that are in memory are still lent.',
  },
  sealing_key_unreadable: { kind: 'internal', message: 'The token sealing key file is missing or damaged.' },
  schema_drift: {
    kind: 'unavailable',
    message: 'The database does not have the shape this service needs for that.',
  },
})
