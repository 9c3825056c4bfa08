import type { RefreshCause } from '../domain/grant-facts.ts'
import {
  addRetries,
  balanceAt,
  type RetryBalance,
  type RetryBudgetRule,
  retryBudgetRule,
  spendRetry,
} from '../domain/retry-budget.ts'

/** This process's allowance for refreshes of grants whose last one failed. */
export interface RetryBudget {
  /** Whether `take` would. */
  has(cause: RefreshCause): boolean
  /** Takes one retry, at once; false when there is none left for this cause. */
  take(cause: RefreshCause): boolean
  /** For a retry that was not made, or that Google answered: only wasted ones cost. */
  giveBack(): void
  /** A refresh succeeded. */
  earn(): void
}

/** `elapsedMs` never goes back. */
export function createRetryBudget(
  elapsedMs: () => number,
  rule: RetryBudgetRule = retryBudgetRule,
): RetryBudget {
  let balance: RetryBalance = { retries: rule.most, at: elapsedMs() }
  const add = (retries: number) => {
    balance = addRetries(rule, balance, retries)
  }
  const spend = (cause: RefreshCause) => {
    balance = balanceAt(rule, balance, elapsedMs())
    return spendRetry(rule, balance, cause)
  }
  return {
    has: (cause) => spend(cause) !== null,
    take: (cause) => {
      const spent = spend(cause)
      balance = spent ?? balance
      return spent !== null
    },
    giveBack: () => add(1),
    earn: () => add(rule.perSuccess),
  }
}
