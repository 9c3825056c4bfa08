/** How a call to Google ended when it did not end well. Nothing Google wrote travels further than this. */
export interface GoogleAnswer {
  /** null when no answer came: a reset socket, a cut body, a timeout. */
  readonly status: number | null
  /** `error.errors[0].reason`, or the newer `details[].reason`. */
  readonly reason: string | null
  readonly message: string | null
  readonly retryAfterSeconds: number | null
}

/** A stable word each; callers, logs and SyncFailed use these. */
export const failureWords = [
  'access_token_rejected',
  'rate_limited',
  'quota_exhausted',
  'missing_scopes',
  'api_disabled',
  'forbidden',
  'not_found',
  'sync_token_lost',
  'rejected_by_google',
  'google_unavailable',
] as const
export type FailureWord = (typeof failureWords)[number]

export interface GoogleFailure {
  readonly word: FailureWord
  /** Trying the same again later can help. */
  readonly passing: boolean
  readonly retryAfterSeconds: number | null
}

const rateReasons = new Set(['rateLimitExceeded', 'userRateLimitExceeded', 'RATE_LIMIT_EXCEEDED'])
const quotaReasons = new Set(['quotaExceeded', 'dailyLimitExceeded'])
const scopeReasons = new Set(['insufficientPermissions', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'])
const disabledReasons = new Set(['accessNotConfigured', 'SERVICE_DISABLED'])

// Google's daily limits renew at midnight Pacific; an hour is often enough and never a storm.
const quotaPauseSeconds = 3600

/** What an unhappy answer means (developers.google.com/workspace/calendar/api/guides/errors). */
export function classifyFailure(answer: GoogleAnswer): GoogleFailure {
  const { status, retryAfterSeconds } = answer
  if (status === null || status >= 500 || status === 408) {
    return { word: 'google_unavailable', passing: true, retryAfterSeconds }
  }
  if (status === 429) return { word: 'rate_limited', passing: true, retryAfterSeconds }
  if (status === 401) return { word: 'access_token_rejected', passing: false, retryAfterSeconds: null }
  if (status === 403) return forbidden(answer)
  if (status === 404) return { word: 'not_found', passing: false, retryAfterSeconds: null }
  if (status === 410 || (status === 400 && /invalid sync token/i.test(answer.message ?? ''))) {
    return { word: 'sync_token_lost', passing: false, retryAfterSeconds: null }
  }
  return { word: 'rejected_by_google', passing: false, retryAfterSeconds: null }
}

function forbidden({ reason, retryAfterSeconds }: GoogleAnswer): GoogleFailure {
  const word = reason ?? ''
  if (rateReasons.has(word)) return { word: 'rate_limited', passing: true, retryAfterSeconds }
  if (quotaReasons.has(word)) {
    return {
      word: 'quota_exhausted',
      passing: true,
      retryAfterSeconds: retryAfterSeconds ?? quotaPauseSeconds,
    }
  }
  if (scopeReasons.has(word)) return { word: 'missing_scopes', passing: false, retryAfterSeconds: null }
  if (disabledReasons.has(word)) return { word: 'api_disabled', passing: false, retryAfterSeconds: null }
  return { word: 'forbidden', passing: false, retryAfterSeconds: null }
}

/** Outages trip the breaker; an answer about this user or this request does not, or one user would stop all. */
export function tripsBreaker(answer: GoogleAnswer): boolean {
  return answer.status === null || answer.status >= 500
}
