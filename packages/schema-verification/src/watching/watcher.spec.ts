import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { VerificationReport, VerificationTrigger } from '../diff/finding.ts'
import { createWatcher } from './watcher.ts'

const pollMs = 2_000
const lookMs = 10
const verified: VerificationReport = {
  service: 'lab-service',
  status: 'verified',
  manifestHash: 'm',
  databaseHash: 'm',
  lastVerifiedAt: '2026-11-29T10:00:00.000Z',
  trigger: 'request',
  findings: [],
  capabilities: {},
  unverifiable: null,
  ddlNotification: true,
  aheadBy: [],
}
const migrating: VerificationReport = {
  ...verified,
  status: 'unverifiable',
  unverifiable: {
    code: 'migration_in_flight',
    message: 'A migration is running; look again when it is done.',
  },
}

const cutOff: VerificationReport = {
  ...verified,
  status: 'unverifiable',
  unverifiable: { code: 'database_unreachable', message: 'The database cannot be reached.' },
}

/** A watcher whose looks take ten milliseconds each, and when each of them began. */
async function watching(report: () => VerificationReport = () => verified) {
  const looks: { readonly trigger: VerificationTrigger; readonly at: number }[] = []
  let closed = false
  let tell: () => void = () => undefined
  const began = performance.now()
  const watcher = createWatcher({
    pollMs,
    verify: async (trigger) => {
      looks.push({ trigger, at: performance.now() - began })
      await new Promise((resolve) => setTimeout(resolve, lookMs))
      return { ...(closed ? cutOff : report()), trigger }
    },
    listen: async ({ onDdl }) => {
      tell = onDdl
      return {
        stop: async () => {
          closed = true
        },
      }
    },
    onReport: () => undefined,
    onError: (error) => expect.fail(String(error)),
  })
  const started = watcher.start()
  await vi.advanceTimersByTimeAsync(lookMs)
  await started
  return { watcher, looks, tell: () => tell() }
}

describe('a watcher that hears of DDL', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('looks at once after a quiet time', async () => {
    const { looks, tell } = await watching()
    await vi.advanceTimersByTimeAsync(100)
    tell()
    expect(looks.at(-1)).toEqual({ trigger: 'ddl', at: lookMs + 100 })
  })

  it('answers whatever it hears while it looks with one more look, after a rest as long as the look', async () => {
    const { looks, tell } = await watching()
    await vi.advanceTimersByTimeAsync(100)
    for (let told = 0; told < 50; told++) tell()
    await vi.advanceTimersByTimeAsync(5)
    for (let told = 0; told < 50; told++) tell()
    await vi.advanceTimersByTimeAsync(100)
    expect(looks.map(({ at }) => at)).toEqual([0, 110, 130])
  })

  it('leaves the database half of the time to a migration that never stops telling', async () => {
    const { looks, tell } = await watching()
    for (let ms = 0; ms < 1_000; ms++) {
      tell()
      await vi.advanceTimersByTimeAsync(1)
    }
    expect(looks.length).toBeLessThanOrEqual(1_000 / (2 * lookMs) + 2)
    expect(looks.length).toBeGreaterThan(1_000 / (3 * lookMs))
  })

  it('looks again soon where a migration is under way, whose end nobody tells', async () => {
    let report = migrating
    const { watcher, looks } = await watching(() => report)
    report = verified
    await vi.advanceTimersByTimeAsync(300)
    expect(watcher.current()?.status).toBe('verified')
    await vi.advanceTimersByTimeAsync(pollMs - 100)
    expect(looks).toHaveLength(2)
  })

  it('lets a look under way end before it stops', async () => {
    const { watcher, tell } = await watching()
    await vi.advanceTimersByTimeAsync(100)
    tell()
    const stopped = watcher.stop()
    await vi.advanceTimersByTimeAsync(lookMs)
    await stopped
    expect(watcher.current()).toMatchObject({ trigger: 'ddl', status: 'verified' })
    expect(vi.getTimerCount()).toBe(0)
  })
})
