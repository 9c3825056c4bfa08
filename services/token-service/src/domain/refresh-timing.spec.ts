import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isUsable, nextAttemptAt, refreshDeadlineMs, refreshDueAt, refreshLeaseMs } from './refresh-timing.ts'

const now = new Date('2026-11-23T10:00:00.000Z')
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const jitter = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('when a token is due and how long it is usable', () => {
  it('refreshes ahead of expiry, within the lifetime, and never all grants at once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 86_400 }), jitter, (lifetime, spread) => {
        const due = refreshDueAt({ from: now, expiresAt: later(lifetime), jitter: spread })
        expect(due.getTime()).toBeLessThan(later(lifetime).getTime())
        expect(due.getTime()).toBeGreaterThanOrEqual(later(lifetime * 0.7).getTime() - 1)
      }),
    )
    const hour = { from: now, expiresAt: later(3600) }
    expect(refreshDueAt({ ...hour, jitter: 0 })).not.toEqual(refreshDueAt({ ...hour, jitter: 0.99 }))
  })

  it('calls a token usable although it is due, and unusable just before it ends', () => {
    const expiresAt = later(300).toISOString()
    expect(isUsable(expiresAt, now, 0)).toBe(true)
    expect(isUsable(expiresAt, now, 300)).toBe(true)
    expect(isUsable(expiresAt, now, 301)).toBe(false)
    expect(isUsable(expiresAt, later(294), 0)).toBe(true)
    expect(isUsable(expiresAt, later(296), 0)).toBe(false)
  })

  it('holds a lease longer than Google may take to answer', () => {
    expect(refreshLeaseMs).toBeGreaterThan(refreshDeadlineMs)
  })
})

describe('when a failed refresh is tried again', () => {
  const after = { now, failureClass: 'transient', failures: 0, retryAfterSeconds: null, jitter: 0.5 } as const

  it('waits longer after every failure, up to two minutes', () => {
    const waits = [0, 1, 2, 5, 50].map(
      (failures) => Number(nextAttemptAt({ ...after, failures, jitter: 0.99 })) - now.getTime(),
    )
    expect(waits).toEqual([...waits].sort((a, b) => a - b))
    expect(waits.at(-1)).toBeLessThan(125_000)
  })

  it('never comes before the time Google asked for', () => {
    fc.assert(
      fc.property(
        fc.nat(40),
        fc.integer({ min: 0, max: 3600 }),
        jitter,
        (failures, retryAfterSeconds, spread) => {
          const next = nextAttemptAt({ ...after, failures, retryAfterSeconds, jitter: spread })
          expect(Number(next)).toBeGreaterThanOrEqual(later(retryAfterSeconds).getTime())
          expect(Number(next)).toBeGreaterThan(now.getTime())
        },
      ),
    )
  })

  it('does not knock when only the user can open', () => {
    expect(nextAttemptAt({ ...after, failureClass: 'revoked' })).toBeNull()
    expect(nextAttemptAt({ ...after, failureClass: 'reauthorization_policy' })).toBeNull()
  })

  it('leaves a misconfigured client alone for a minute', () => {
    expect(Number(nextAttemptAt({ ...after, failureClass: 'client_misconfigured' }))).toBeGreaterThanOrEqual(
      later(60).getTime(),
    )
  })
})
