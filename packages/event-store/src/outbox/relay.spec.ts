import { describe, expect, it } from 'vitest'
import { retryDelayMs } from './relay.ts'

describe('the pause before another attempt', () => {
  it('doubles from 100 ms and never exceeds 30 s', () => {
    const longest = [0, 1, 2, 8, 9, 50].map((attempts) => retryDelayMs(attempts, () => 1))
    expect(longest).toEqual([100, 200, 400, 25_600, 30_000, 30_000])
  })

  it('is spread out, so that many relays do not come back at once, but never nothing', () => {
    expect(retryDelayMs(2, () => 0)).toBe(200)
    expect(retryDelayMs(2, () => 0.5)).toBe(300)
  })
})
