import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Allowance, takeOne } from './token-bucket.ts'

const start = Date.UTC(2026, 0, 1)

/** Sends a request at each of these times (ms after the start), and remembers as a caller's bucket would be. */
function send(allowance: Allowance, times: readonly number[]) {
  let fullAt = 0
  return times.map((time) => {
    const admission = takeOne(allowance, fullAt, start + time)
    fullAt = admission.fullAt
    return admission.waitMs
  })
}

const allowances = fc.record({
  burst: fc.integer({ min: 1, max: 50 }),
  intervalMs: fc.constantFrom(0.05, 1, 7, 100, 1_000, 60_000),
})

describe('a token bucket', () => {
  it('lets a burst through, then one an interval, and says how long to wait', () => {
    const waits = send({ burst: 3, intervalMs: 100 }, [0, 0, 0, 0, 40, 100, 100, 200])
    expect(waits).toEqual([0, 0, 0, 100, 60, 0, 100, 0])
  })

  it('is full again after a pause, and never more than full', () => {
    const waits = send({ burst: 2, intervalMs: 100 }, [0, 0, 0, 1e9, 1e9, 1e9])
    expect(waits).toEqual([0, 0, 100, 0, 0, 100])
  })

  it('takes nothing from whom it refuses, so that insisting does not lengthen the wait', () => {
    const insisting = Array.from({ length: 50 }, () => 50)
    expect(send({ burst: 1, intervalMs: 100 }, [0, ...insisting, 100]).at(-1)).toBe(0)
  })

  it('makes nobody wait longer than for an empty bucket after the clock was set back', () => {
    const waits = send({ burst: 2, intervalMs: 100 }, [3_600_000, 3_600_000, 0, 100])
    expect(waits).toEqual([0, 0, 100, 0])
  })

  it('admits its burst to within a hundredth, however small the interval', () => {
    const waits = send({ burst: 100_000, intervalMs: 0.05 }, Array<number>(110_000).fill(0.3))
    const admitted = waits.filter((wait) => wait === 0).length
    expect(Math.abs(admitted - 100_000)).toBeLessThan(1_000)
  })

  it('never admits more within any span than the burst and what flowed in meanwhile', () => {
    fc.assert(
      fc.property(
        allowances,
        fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { maxLength: 200 }),
        (allowance, gaps) => {
          let at = 0
          const times = gaps.map((gap) => {
            at += gap * allowance.intervalMs
            return at
          })
          const admitted = times.filter((_, nth) => send(allowance, times)[nth] === 0)
          for (const [first, from] of admitted.entries()) {
            for (const [last, to] of admitted.entries()) {
              const most = allowance.burst + (to - from) / allowance.intervalMs
              if (last >= first) expect(last - first + 1).toBeLessThanOrEqual(most + 0.2)
            }
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it('admits whoever comes back after exactly the wait it named', () => {
    fc.assert(
      fc.property(allowances, fc.integer({ min: 0, max: 100 }), (allowance, more) => {
        const crowd = Array<number>(allowance.burst + more).fill(0)
        const wait = send(allowance, [...crowd, 0]).at(-1) ?? 0
        expect(wait).toBeGreaterThan(0)
        expect(send(allowance, [...crowd, wait]).at(-1)).toBe(0)
      }),
    )
  })
})
