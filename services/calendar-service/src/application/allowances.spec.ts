import { describe, expect, it } from 'vitest'
import { createAllowances } from './allowances.ts'
import type { BudgetAnswer, BudgetAsk, RequestBudget } from './ports.ts'

const refusal = (retryAfterSeconds: number): BudgetAnswer => ({
  granted: false,
  whose: 'user',
  retryAfterSeconds,
})
const grant: BudgetAnswer = { granted: true, left: 7 }

/** A budget that answers with these, in turn. */
function budgetThat(...answers: readonly BudgetAnswer[]) {
  const asked: BudgetAsk[] = []
  const slept: number[] = []
  const budget: RequestBudget = {
    take: async (ask) => {
      asked.push(ask)
      return answers[asked.length - 1] ?? grant
    },
    projectUse: async () => 0,
    forgetIdle: async () => {},
  }
  const sleep = async (ms: number) => slept.push(ms)
  return { budget, sleep, asked, slept }
}

describe('an allowance', () => {
  it('takes from the budget of its API and connection, and says what is left', async () => {
    const { budget, asked } = budgetThat(grant)
    expect(await createAllowances(budget)('gmail', 'c1').take(20)).toBe(7)
    expect(asked).toEqual([{ api: 'gmail', connectionId: 'c1', units: 20 }])
  })

  it('of a run does not wait: it says when to come back', async () => {
    const { budget, asked } = budgetThat(refusal(12))
    await expect(createAllowances(budget)('drive', 'c1').take(100)).rejects.toMatchObject({
      word: 'waiting_for_quota',
      passing: true,
      retryAfterSeconds: 12,
    })
    expect(asked).toHaveLength(1)
  })

  it('of a caller waits as long as that helps', async () => {
    const { budget, sleep, slept } = budgetThat(refusal(2), refusal(1), grant)
    expect(await createAllowances(budget, { ms: 3_000, sleep })('calendar', 'c1').take(1)).toBe(7)
    expect(slept).toEqual([2_000, 1_000])
  })

  it('of a caller does not begin a wait that is too long, and waits no longer than it may in all', async () => {
    const long = budgetThat(refusal(4))
    const once = createAllowances(long.budget, { ms: 3_000, sleep: long.sleep })('calendar', 'c1').take(1)
    await expect(once).rejects.toMatchObject({ retryAfterSeconds: 4 })
    expect(long.slept).toEqual([])
    const again = budgetThat(refusal(2), refusal(2), grant)
    const twice = createAllowances(again.budget, { ms: 3_000, sleep: again.sleep })('calendar', 'c1').take(1)
    await expect(twice).rejects.toMatchObject({ word: 'waiting_for_quota' })
    expect(again.slept).toEqual([2_000])
  })
})
