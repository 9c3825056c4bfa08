import type { Fault } from '../control/fault-script.ts'
import type { Reply } from './call.ts'
import { type GoogleError, googleError, oauthError } from './google-error.ts'

const apiPath = /^\/(calendar|gmail|drive)\//

/** The answer a fault gives in the place of the work; undefined when the work is done and something else goes wrong. */
export function faultReply(path: string, fault: Fault): Reply | undefined {
  if (fault.status === undefined) return undefined
  const { status, headers, body } = errorOf(path, fault, fault.status)
  const retryAfter = fault.retryAfterSeconds
  return {
    status,
    ...(fault.text !== undefined && { text: { type: 'text/html; charset=UTF-8', body: fault.text } }),
    headers: { ...headers, ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }) },
    json: fault.body ?? body,
  }
}

function errorOf(path: string, fault: Fault, status: number): GoogleError {
  const message = fault.message ?? usualMessages[fault.reason ?? ''] ?? 'Backend Error'
  if (!apiPath.test(path)) return oauthError(status, fault.reason ?? 'internal_failure', message)
  const usageLimit = /LimitExceeded|quotaExceeded/.test(fault.reason ?? '')
  return googleError(status, fault.reason ?? 'backendError', message, {
    domain: usageLimit ? 'usageLimits' : 'global',
    ...(fault.reason === 'fullSyncRequired' && { domain: 'calendar', location: 'syncToken' }),
  })
}

/** The sentences Google sends with these reasons. */
const usualMessages: Readonly<Record<string, string>> = {
  rateLimitExceeded: 'Rate Limit Exceeded',
  userRateLimitExceeded: 'User Rate Limit Exceeded',
  quotaExceeded: 'Calendar usage limits exceeded.',
  dailyLimitExceeded: 'Daily Limit Exceeded',
  fullSyncRequired: 'Sync token is no longer valid, a full sync is required.',
  invalid_grant: 'Token has been expired or revoked.',
  invalid_client: 'The OAuth client was not found.',
  authError: 'Invalid Credentials',
  notFound: 'Not Found',
}
