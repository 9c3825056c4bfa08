import { describe, expect, it } from 'vitest'
import { firstWidth, widthAfter } from './refresh-pace.ts'

const after = (outcomes: readonly ('refreshed' | 'struggling')[]) =>
  outcomes.reduce((width, outcome) => widthAfter(outcome, width), firstWidth)

describe('the pace of scheduled refreshes', () => {
  it('starts slowly, grows with success and has an upper bound', () => {
    expect(firstWidth).toBeLessThan(10)
    expect(after(Array.from({ length: 8 }, () => 'refreshed'))).toBe(16)
    expect(after(Array.from({ length: 1_000 }, () => 'refreshed'))).toBe(64)
  })

  it('falls quickly when Google struggles, and never to nothing', () => {
    expect(after(['struggling'])).toBe(4)
    expect(after(Array.from({ length: 50 }, () => 'struggling'))).toBe(1)
  })
})
