import type { Api, QuotaLimits, Refusal } from '../quota/quota-book.ts'
import { type GoogleError, googleError } from './google-error.ts'

const reasonOf = {
  user_minute: ['userRateLimitExceeded', 'User Rate Limit Exceeded'],
  project_minute: ['rateLimitExceeded', 'Rate Limit Exceeded'],
  user_day: ['quotaExceeded', 'Calendar usage limits exceeded.'],
} as const

/** What Google says when a quota is used up: 403 with one of three reasons, or 429 with the same reasons. */
export function quotaError(api: Api, limits: QuotaLimits, refusal: Refusal): GoogleError {
  const [reason, message] = reasonOf[refusal]
  const status = refusal === 'user_day' ? 403 : (limits.status ?? (api === 'gmail' ? 429 : 403))
  const retryAfter = limits.retryAfterSeconds
  return googleError(status, reason, message, {
    domain: 'usageLimits',
    ...(status === 429 && { status: 'RESOURCE_EXHAUSTED', details: [limitDetails(api, refusal)] }),
    ...(retryAfter !== undefined && { headers: { 'retry-after': String(retryAfter) } }),
  })
}

const limitDetails = (api: Api, refusal: Refusal) => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason: 'RATE_LIMIT_EXCEEDED',
  domain: 'googleapis.com',
  metadata: {
    service: `${api}.googleapis.com`,
    quota_limit: refusal === 'user_minute' ? 'defaultPerMinutePerUser' : 'defaultPerMinutePerProject',
  },
})
