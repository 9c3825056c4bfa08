import { DomainError } from '@evergrant/decider'
import {
  AuthorizationResponseError,
  OperationProcessingError,
  ResponseBodyError,
  UnsupportedOperationError,
  WWWAuthenticateChallengeError,
} from 'oauth4webapi'
import { oauthErrors } from '../../domain/errors.ts'

/** RFC 6749 5.2 words, and Google's own, that speak about the client and not about the user. */
const aboutTheClient = new Set([
  'invalid_client',
  'unauthorized_client',
  'redirect_uri_mismatch',
  'deleted_client',
])

export const isAboutTheClient = (word: string): boolean => aboutTheClient.has(word)

/** Google's words for "an administrator said no", which it may say only at the token endpoint. */
const aboutPolicy = new Set(['access_denied', 'admin_policy_enforced', 'org_internal'])

export const isAboutPolicy = (word: string): boolean => aboutPolicy.has(word)

/** What Google's refusal of a code exchange means. `httpStatus` is null when no answer came.
 * The foreign error is not kept as the cause: oauth4webapi's errors carry the parameters and the body, that is the code and
 * the tokens, and whatever is a cause ends up in a log. */
export function exchangeError(error: unknown, httpStatus: number | null): DomainError {
  if (error instanceof DomainError) return unavailable(error, httpStatus)
  const detail = { ...describe(error), httpStatus }
  if (error instanceof WWWAuthenticateChallengeError) return oauthErrors.client_misconfigured({ detail })
  if (error instanceof ResponseBodyError) {
    if (error.error === 'invalid_grant') return oauthErrors.code_rejected({ detail })
    if (aboutTheClient.has(error.error)) return oauthErrors.client_misconfigured({ detail })
  }
  if (httpStatus === null || httpStatus >= 500 || httpStatus === 429) {
    return oauthErrors.google_unavailable({ detail, retryAfterSeconds: 5 })
  }
  const aboutTheIdToken =
    error instanceof OperationProcessingError &&
    /jwt|jws|id token|claim|key/i.test(`${error.code} ${error.message}`)
  return aboutTheIdToken ? oauthErrors.id_token_invalid({ detail }) : oauthErrors.exchange_failed({ detail })
}

/** What a refused push means: nothing of it came from the user, so it is our client or our request that is wrong. */
export function pushError(error: unknown, httpStatus: number | null): DomainError {
  if (error instanceof DomainError) return unavailable(error, httpStatus)
  const detail = { ...describe(error), httpStatus }
  const ours = httpStatus !== null && httpStatus >= 400 && httpStatus < 500 && httpStatus !== 429
  return ours
    ? oauthErrors.client_misconfigured({ detail })
    : oauthErrors.google_unavailable({ detail, retryAfterSeconds: 5 })
}

/** What a failed discovery means: without it nothing can be asked of Google. */
export function discoveryError(error: unknown, httpStatus: number | null): DomainError {
  if (error instanceof DomainError) return unavailable(error, httpStatus)
  return oauthErrors.google_unavailable({
    detail: { ...describe(error), httpStatus },
    retryAfterSeconds: 5,
  })
}

/** An open breaker or a passed deadline, in this service's own words. */
function unavailable(error: DomainError, httpStatus: number | null): DomainError {
  if (error.kind !== 'unavailable' || error.code in oauthErrors.catalogue) return error
  const { retryAfterSeconds = 5 } = error.context
  return oauthErrors.google_unavailable({ detail: { code: error.code, httpStatus }, retryAfterSeconds })
}

function describe(error: unknown): { readonly name: string; readonly word?: string } {
  if (error instanceof ResponseBodyError || error instanceof AuthorizationResponseError) {
    return { name: error.name, word: error.error.slice(0, 64) }
  }
  if (error instanceof OperationProcessingError || error instanceof UnsupportedOperationError) {
    return { name: error.name, word: error.message.slice(0, 200) }
  }
  return { name: error instanceof Error ? error.name : typeof error }
}
