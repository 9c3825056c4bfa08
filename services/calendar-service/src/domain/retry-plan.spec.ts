import { describe, expect, it } from 'vitest'
import { planRetry, waitForQuota } from './retry-plan.ts'

const failed = { attempt: 1, retryAfterSeconds: null, random: 0.5 }

describe('waiting for quota', () => {
  it('waits until there is some, and a little longer, each for themselves', () => {
    expect(waitForQuota(12, 0)).toBe(12_000)
    expect(waitForQuota(12, 0.75)).toBe(13_500)
  })
})

describe('trying again', () => {
  it('waits longer every time, with full jitter (B5.68)', () => {
    expect(planRetry(failed)).toEqual({ kind: 'again', delayMs: 500 })
    expect(planRetry({ ...failed, attempt: 3 })).toEqual({ kind: 'again', delayMs: 2000 })
    expect(planRetry({ ...failed, attempt: 3, random: 0 })).toEqual({ kind: 'again', delayMs: 0 })
  })
  it('never undercuts Retry-After (B5.68)', () => {
    expect(planRetry({ ...failed, retryAfterSeconds: 20, random: 0 })).toEqual({
      kind: 'again',
      delayMs: 20_000,
    })
  })
  it('gives up when it has tried enough, or would wait too long', () => {
    expect(planRetry({ ...failed, attempt: 6 })).toEqual({ kind: 'give_up', notBeforeMs: 30_000 })
    expect(planRetry({ ...failed, retryAfterSeconds: 3600 })).toEqual({
      kind: 'give_up',
      notBeforeMs: 3_600_000,
    })
  })
})
