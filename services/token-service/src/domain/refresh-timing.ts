import type { FailureClass } from './failure-class.ts'

/** The token endpoint's slowest answer we wait for; a 13 s Google still answers in time. */
export const refreshDeadlineMs = 20_000

/** Longer than the deadline, so a holder that still may get an answer is never taken for dead. */
export const refreshLeaseMs = 30_000

/** What a token must have left to survive the way to Google. */
const usableMarginSeconds = 5

const longestLeadSeconds = 15 * 60
const firstWaitMs = 500
const longestWaitMs = 120_000
const misconfiguredWaitMs = 60_000

/** When to refresh ahead of expiry. A share of the lifetime, so short-lived tokens are not refreshed all the time.
 * `jitter` in [0, 1) spreads grants that were connected together. */
export function refreshDueAt(token: {
  readonly from: Date
  readonly expiresAt: Date
  readonly jitter: number
}): Date {
  const lifetimeSeconds = Math.max(0, (token.expiresAt.getTime() - token.from.getTime()) / 1000)
  const leadSeconds = Math.min(longestLeadSeconds, lifetimeSeconds * (0.1 + 0.15 * token.jitter))
  return new Date(token.expiresAt.getTime() - leadSeconds * 1000)
}

/** Whether the token still works, for at least so long. Has nothing to do with whether a refresh is due.
 * `googleNow` is our clock corrected by Google's `Date` header. */
export function isUsable(expiresAt: string, googleNow: Date, minValiditySeconds: number): boolean {
  const neededMs = Math.max(minValiditySeconds, usableMarginSeconds) * 1000
  return Date.parse(expiresAt) - googleNow.getTime() >= neededMs
}

/** Exponential with full jitter; never earlier than Google's `Retry-After`. null when only the user can help.
 * `failures` counts the failures in a row before this one. */
export function nextAttemptAt(after: {
  readonly now: Date
  readonly failureClass: FailureClass
  readonly failures: number
  readonly retryAfterSeconds: number | null
  readonly jitter: number
}): Date | null {
  if (after.failureClass === 'revoked' || after.failureClass === 'reauthorization_policy') return null
  const ceiling = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(after.failures, 20))
  const floor = after.failureClass === 'client_misconfigured' ? misconfiguredWaitMs : firstWaitMs / 2
  const waitMs = Math.max(floor + after.jitter * ceiling, (after.retryAfterSeconds ?? 0) * 1000)
  return new Date(after.now.getTime() + waitMs)
}
