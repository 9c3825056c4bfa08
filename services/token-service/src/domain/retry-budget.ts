import type { RefreshCause } from './grant-facts.ts'

/** What one process may spend on refreshes of grants whose last refresh failed. Without a budget an ill Google gets, on top of
 * its ordinary load, a retry of everything that failed before (SRE book, "Handling Overload"; the shape is Finagle's). */
export interface RetryBudgetRule {
  /** Retries that may be in hand at most, and are at start. */
  readonly most: number
  /** So many come back per second whatever happens: a Google that recovers has to be noticed. */
  readonly perSecond: number
  /** A refresh that succeeds earns this share of a retry. */
  readonly perSuccess: number
  /** What a schedule must leave for those who wait for a token. */
  readonly keptForCallers: number
}

export const retryBudgetRule: RetryBudgetRule = {
  most: 100,
  perSecond: 5,
  perSuccess: 0.2,
  keptForCallers: 50,
}

/** `at` in epoch ms. */
export interface RetryBalance {
  readonly retries: number
  readonly at: number
}

/** What is in hand now; a clock that went back brings nothing. */
export function balanceAt(rule: RetryBudgetRule, balance: RetryBalance, now: number): RetryBalance {
  const seconds = Math.max(0, now - balance.at) / 1000
  return { retries: Math.min(rule.most, balance.retries + seconds * rule.perSecond), at: now }
}

/** The balance after one retry, or null when there is none to spend for this cause. */
export function spendRetry(
  rule: RetryBudgetRule,
  balance: RetryBalance,
  cause: RefreshCause,
): RetryBalance | null {
  const kept = cause === 'schedule' ? rule.keptForCallers : 0
  return balance.retries - kept < 1 ? null : { ...balance, retries: balance.retries - 1 }
}

/** What a success, or a retry that was not wasted, brings back. */
export function addRetries(rule: RetryBudgetRule, balance: RetryBalance, retries: number): RetryBalance {
  return { ...balance, retries: Math.min(rule.most, balance.retries + retries) }
}
