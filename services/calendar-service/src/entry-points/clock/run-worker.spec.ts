import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ClaimedRun } from '../../application/ports.ts'
import { createRunWorker, type RunWorker } from './run-worker.ts'

const hourMs = 3_600_000

describe('the lanes of a replica', () => {
  let worker: RunWorker
  afterEach(() => worker.stop())

  const started = async (lanes: number) => {
    const waiting: ClaimedRun[] = []
    const claim = vi.fn(async () => {
      const run = waiting.shift()
      return run === undefined ? null : { ...run, othersDue: waiting.length > 0 }
    })
    const walk = vi.fn(async (_run: ClaimedRun, signal: AbortSignal) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    })
    const queue = { claim } as never
    worker = createRunWorker({ queue, walk, owner: 'o', leaseMs: 1, lanes, idleMs: hourMs, onError: vi.fn() })
    worker.start()
    await vi.waitFor(() => expect(claim).toHaveBeenCalledTimes(lanes))
    await settled()
    claim.mockClear()
    return { waiting, claim, walk }
  }
  /** Whatever a wake-up leads to has happened. */
  const settled = () => new Promise((resolve) => setTimeout(resolve, 5))
  const run = () => ({}) as ClaimedRun

  it('look once, however many they are, when they are woken for nothing', async () => {
    const { claim } = await started(4)
    worker.wake()
    await settled()
    expect(claim).toHaveBeenCalledTimes(1)
  })

  it('are all at work after one wake-up when there is enough', async () => {
    const { waiting, walk } = await started(4)
    waiting.push(run(), run(), run(), run(), run())
    worker.wake()
    await settled()
    expect(walk).toHaveBeenCalledTimes(4)
    expect(waiting).toHaveLength(1)
  })

  it('look once for one run', async () => {
    const { claim, waiting, walk } = await started(4)
    waiting.push(run())
    worker.wake()
    await settled()
    expect(walk).toHaveBeenCalledTimes(1)
    expect(claim).toHaveBeenCalledTimes(1)
  })

  it('do not sleep over what came while they looked', async () => {
    const { claim, waiting, walk } = await started(1)
    const { promise, resolve } = Promise.withResolvers<null>()
    claim.mockReturnValueOnce(promise)
    worker.wake()
    await settled()
    waiting.push(run())
    worker.wake()
    resolve(null)
    await settled()
    expect(walk).toHaveBeenCalledTimes(1)
  })
})
