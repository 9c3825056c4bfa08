import { defineErrors } from '@evergrant/decider'

/** Everything the runtime itself can refuse with; services add their own tables. */
export const runtimeErrors = defineErrors({
  invalid_input: { kind: 'rejected', message: 'The request does not have the expected shape.' },
  invalid_json: { kind: 'rejected', message: 'The body is not valid JSON.' },
  invalid_request: { kind: 'rejected', message: 'The request is not valid HTTP for this path.' },
  invalid_cursor: { kind: 'rejected', message: 'The cursor is not one of ours.' },
  invalid_idempotency_key: {
    kind: 'rejected',
    message: 'Idempotency-Key must be 1 to 255 visible ASCII characters.',
  },
  authentication_required: { kind: 'unauthenticated', message: 'A bearer token is required.' },
  invalid_token: { kind: 'unauthenticated', message: 'The bearer token is not valid.' },
  token_expired: { kind: 'unauthenticated', message: 'The bearer token has expired.' },
  insufficient_scope: { kind: 'forbidden', message: 'The bearer token lacks the scope this needs.' },
  unknown_path: { kind: 'missing', message: 'There is nothing at this path.' },
  method_not_allowed: { kind: 'method_not_allowed', message: 'This path does not take this method.' },
  body_too_large: { kind: 'too_large', message: 'The body is too large.' },
  unsupported_media_type: { kind: 'unsupported', message: 'Send the body as application/json.' },
  idempotency_key_reused: {
    kind: 'unprocessable',
    message: 'This Idempotency-Key was used before for a different request.',
  },
  idempotent_request_in_flight: {
    kind: 'conflict',
    message: 'The first request with this Idempotency-Key is still running.',
  },
  too_many_requests: {
    kind: 'limited',
    message:
      'These are more requests than one caller may send for now. Nothing was done; the same request works later.',
  },
  identity_provider_unavailable: {
    kind: 'unavailable',
    message: 'Bearer tokens cannot be verified right now: the keys of the issuer cannot be read.',
  },
  dependency_unavailable: {
    kind: 'unavailable',
    message: 'Something this depends on keeps failing; it is left alone for a moment.',
  },
  dependency_timed_out: { kind: 'unavailable', message: 'Something this depends on did not answer in time.' },
  schema_drift: {
    kind: 'unavailable',
    message: 'This is not possible for the moment: the database is not in the state it needs. We are on it.',
  },
  shutting_down: { kind: 'unavailable', message: 'This process is shutting down.' },
  invalid_config: { kind: 'internal', message: 'The configuration is not valid.' },
  misdeclared_route: { kind: 'internal', message: 'A route is declared wrongly.' },
  internal_error: { kind: 'internal', message: 'Something went wrong on our side.' },
})
