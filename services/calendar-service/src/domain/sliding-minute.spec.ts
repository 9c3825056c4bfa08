import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { roomFor, secondsUntilRoom, type Window } from './sliding-minute.ts'

/** Six seconds long; the newest spending first. */
const window = (limit: number, ...newestFirst: readonly number[]): Window => {
  const second = 1_000
  const spent = Array.from({ length: 6 }, () => 0)
  for (const [age, units] of newestFirst.entries()) spent[(second - age) % 6] = units
  return { spent, second, limit }
}

describe('when there is room again', () => {
  it('is now, while there is any', () => {
    expect(secondsUntilRoom([window(10, 3, 3)], 4)).toBe(0)
  })

  it('is when enough of what was spent is a window old', () => {
    expect(secondsUntilRoom([window(10, 0, 4, 0, 6)], 6)).toBe(3)
    expect(secondsUntilRoom([window(10, 0, 4, 0, 6)], 7)).toBe(5)
    expect(secondsUntilRoom([window(10, 10)], 1)).toBe(6)
  })

  it('is when the tighter of two has some', () => {
    expect(secondsUntilRoom([window(10, 10), window(10, 0, 0, 0, 10)], 1)).toBe(6)
  })

  it('comes even for more than the limit: with three quarters of the window', () => {
    expect(secondsUntilRoom([window(100, 0, 26)], 400)).toBe(5)
    expect(secondsUntilRoom([window(100, 25)], 400)).toBe(0)
  })

  it('is for single calls a matter of the whole limit', () => {
    for (const limit of [1, 2, 3, 600]) expect(secondsUntilRoom([window(limit, limit)], 1)).toBe(6)
  })

  it('is the first second that fits, whatever was spent', () => {
    const spending = fc.array(fc.nat(20), { minLength: 6, maxLength: 6 })
    fc.assert(
      fc.property(
        spending,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 40 }),
        (spent, limit, units) => {
          const wait = secondsUntilRoom([window(limit, ...spent)], units)
          const leftAfter = (seconds: number) => {
            const kept = spent.slice(0, Math.max(0, spent.length - seconds))
            return limit - kept.reduce((sum, each) => sum + each, 0)
          }
          const needed = roomFor(units, limit)
          expect(leftAfter(wait)).toBeGreaterThanOrEqual(needed)
          if (wait > 0) expect(leftAfter(wait - 1)).toBeLessThan(needed)
        },
      ),
    )
  })
})
