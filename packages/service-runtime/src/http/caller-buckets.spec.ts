import { describe, expect, it } from 'vitest'
import { createCallerBuckets } from './caller-buckets.ts'

const allowance = { burst: 10, intervalMs: 100 }
const most = 100
const now = 1_000_000

const spend = (buckets: ReturnType<typeof createCallerBuckets>, caller: string, times: number, at = now) => {
  for (let nth = 0; nth < times; nth++) buckets.take(caller, at)
}

describe('the buckets of all callers', () => {
  it('are one for each caller', () => {
    const buckets = createCallerBuckets(allowance, most)
    spend(buckets, 'greedy', 10)
    expect([buckets.take('greedy', now), buckets.take('other', now)]).toEqual([100, 0])
  })

  it('are never more than there is room for, and nobody is turned away for lack of it', () => {
    const buckets = createCallerBuckets(allowance, most)
    const waits = Array.from({ length: 10 * most }, (_, nth) => buckets.take(`caller-${nth}`, now))
    expect(waits.every((wait) => wait === 0)).toBe(true)
    expect(buckets.size).toBe(most)
  })

  it('remember a greedy caller through a flood of made-up ones', () => {
    const buckets = createCallerBuckets(allowance, most)
    spend(buckets, 'greedy', 10)
    for (let nth = 0; nth < 100 * most; nth++) buckets.take(`made-up-${nth}`, now)
    expect(buckets.take('greedy', now)).toBe(100)
  })

  it('remember those who are greedy through a flood that is just a little so', () => {
    const buckets = createCallerBuckets(allowance, most)
    for (let nth = 0; nth < most / 2; nth++) spend(buckets, `greedy-${nth}`, 10)
    for (let nth = 0; nth < 10 * most; nth++) spend(buckets, `made-up-${nth}`, 2)
    const waits = Array.from({ length: most / 2 }, (_, nth) => buckets.take(`greedy-${nth}`, now))
    expect(waits.every((wait) => wait === 100)).toBe(true)
  })

  it('come to know a greedy newcomer while they are full of others', () => {
    const buckets = createCallerBuckets(allowance, most)
    for (let nth = 0; nth < 10 * most; nth++) buckets.take(`made-up-${nth}`, now)
    spend(buckets, 'greedy', 10, now + 1)
    expect(buckets.take('greedy', now + 1)).toBe(100)
  })

  it('have room again after the clock was set back', () => {
    const buckets = createCallerBuckets(allowance, most)
    for (let nth = 0; nth < most; nth++) buckets.take(`then-${nth}`, now + 3_600_000)
    spend(buckets, 'greedy', 10)
    expect(buckets.take('greedy', now)).toBe(100)
  })

  it('forget who has been idle, for which nobody has to be watched', () => {
    const buckets = createCallerBuckets(allowance, most)
    for (let nth = 0; nth < most; nth++) buckets.take(`then-${nth}`, now)
    for (let nth = 0; nth < most / 2; nth++) buckets.take(`now-${nth}`, now + 60_000)
    expect(buckets.size).toBe(most / 2)
  })
})
