import { defineErrors } from '@evergrant/decider'

/** Everything this service refuses, and every reason an authorization can fail for; the codes are stable. */
export const oauthErrors = defineErrors({
  authorization_not_found: { kind: 'missing', message: 'There is no such authorization.' },
  authorization_link_used: {
    kind: 'conflict',
    message: 'This link has already been used. Start again from where you connect the account.',
  },
  authorization_expired: {
    kind: 'conflict',
    message: 'This authorization has expired. Start again from where you connect the account.',
  },
  authorization_link_foreign: {
    kind: 'forbidden',
    message:
      'This link works only in the browser that was at Google. Start again from where you connect the account.',
  },
  nothing_to_add: { kind: 'conflict', message: 'Nothing is missing that a further consent could add.' },
  connection_not_found: { kind: 'missing', message: 'There is no such connection.' },
  authorization_already_ended: { kind: 'conflict', message: 'This authorization has already ended.' },
  return_to_not_registered: {
    kind: 'rejected',
    message: 'returnTo must be an absolute URL at a registered origin.',
  },
  callback_malformed: { kind: 'rejected', message: 'The answer from Google cannot be read.' },
  callback_unknown: { kind: 'rejected', message: 'This answer belongs to no authorization known here.' },
  callback_foreign_browser: {
    kind: 'forbidden',
    message: 'This answer belongs to an authorization that was started in another browser.',
  },
  callback_already_used: { kind: 'conflict', message: 'This answer has already been used.' },
  google_client_not_configured: {
    kind: 'unavailable',
    message: 'No Google client is configured: set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET.',
  },
  google_unavailable: { kind: 'unavailable', message: 'Google cannot be reached at the moment.' },
  client_misconfigured: {
    kind: 'unavailable',
    message: 'Google refuses this client: its id, secret or redirect URI is not what Google knows.',
  },
  code_rejected: { kind: 'rejected', message: 'Google did not accept the authorization code.' },
  id_token_invalid: { kind: 'rejected', message: 'The ID token does not belong to this authorization.' },
  issuer_mismatch: { kind: 'rejected', message: 'The answer came from another issuer than was asked.' },
  exchange_failed: { kind: 'rejected', message: 'The answer to the code exchange cannot be used.' },
  secrets_key_invalid: {
    kind: 'internal',
    message: 'SECRETS_KEY_FILE must hold 32 bytes as base64url.',
  },
  sealing_key_invalid: {
    kind: 'internal',
    message: 'TOKEN_SEALING_PUBLIC_KEY must be a public EC P-256 key as JWK.',
  },
  idempotency_key_reused: {
    kind: 'unprocessable',
    message: 'This Idempotency-Key was used for another request.',
  },
  secrets_unreadable: {
    kind: 'unavailable',
    message: 'What was kept for this authorization cannot be read any more.',
  },
})
