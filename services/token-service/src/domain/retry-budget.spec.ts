import { describe, expect, it } from 'vitest'
import type { RefreshCause } from './grant-facts.ts'
import { addRetries, balanceAt, type RetryBalance, type RetryBudgetRule, spendRetry } from './retry-budget.ts'

const rule: RetryBudgetRule = { most: 10, perSecond: 1, perSuccess: 0.2, keptForCallers: 4 }
const full: RetryBalance = { retries: 10, at: 0 }

/** How many retries in a row are granted. */
function spendAll(balance: RetryBalance, cause: RefreshCause): { granted: number; left: RetryBalance } {
  let left = balance
  for (let granted = 0; ; granted += 1) {
    const next = spendRetry(rule, left, cause)
    if (next === null) return { granted, left }
    left = next
  }
}

describe('the retry budget', () => {
  it('lets a schedule spend only what callers do not need', () => {
    const { granted, left } = spendAll(full, 'schedule')
    expect(granted).toBe(6)
    expect(spendAll(left, 'vend').granted).toBe(4)
  })

  it('gives retries back with time, so that a recovery is noticed, and never more than the most', () => {
    const { left } = spendAll(full, 'user')
    expect(spendAll(balanceAt(rule, left, 3_000), 'vend').granted).toBe(3)
    expect(balanceAt(rule, left, 3_600_000).retries).toBe(10)
  })

  it('earns a share of a retry with every success', () => {
    const { left } = spendAll(full, 'vend')
    const earned = [1, 2, 3, 4, 5].reduce((balance) => addRetries(rule, balance, rule.perSuccess), left)
    expect(spendAll(earned, 'vend').granted).toBe(1)
    expect(addRetries(rule, full, 5).retries).toBe(10)
  })

  it('gains nothing from a clock that was set back', () => {
    const { left } = spendAll({ retries: 10, at: 60_000 }, 'vend')
    expect(balanceAt(rule, left, 0)).toEqual({ retries: 0, at: 0 })
  })
})
