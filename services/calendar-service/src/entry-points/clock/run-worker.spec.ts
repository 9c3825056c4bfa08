import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ClaimedRun } from '../../application/ports.ts'
import { createRunWorker, type RunWorker } from './run-worker.ts'

const hourMs = 3_600_000

describe('the lanes of a replica', () => {
  let worker: RunWorker
  afterEach(() => worker.stop())

  const onError = vi.fn()
  const claim = vi.fn<() => Promise<ClaimedRun | null>>()
  const started = async (lanes: number, takeBack = vi.fn(async (_owner: string) => {})) => {
    const waiting: ClaimedRun[] = []
    claim.mockReset().mockImplementation(async () => {
      const run = waiting.shift()
      return run === undefined ? null : { ...run, othersDue: waiting.length > 0 }
    })
    const walk = vi.fn(async (_run: ClaimedRun, signal: AbortSignal) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    })
    const queue = { claim, takeBack }
    worker = createRunWorker({ queue, walk, owner: 'o', leaseMs: 1, lanes, idleMs: hourMs, onError })
    worker.start()
    await vi.waitFor(() => expect(claim).toHaveBeenCalledTimes(lanes))
    await settled()
    claim.mockClear()
    return { waiting, walk }
  }
  /** Whatever a wake-up leads to has happened. */
  const settled = () => new Promise((resolve) => setTimeout(resolve, 5))
  const run = () => ({}) as ClaimedRun

  it('look once, however many they are, when they are woken for nothing', async () => {
    await started(4)
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
    const { waiting, walk } = await started(4)
    waiting.push(run())
    worker.wake()
    await settled()
    expect(walk).toHaveBeenCalledTimes(1)
    expect(claim).toHaveBeenCalledTimes(1)
  })

  it('first take back what an earlier life of the replica held', async () => {
    const gate = Promise.withResolvers<void>()
    claim.mockReset()
    const takeBack = vi.fn((_owner: string) => gate.promise)
    const starting = started(2, takeBack)
    await settled()
    expect(takeBack.mock.calls).toEqual([['o']])
    expect(claim).not.toHaveBeenCalled()
    gate.resolve()
    await starting
  })

  it('look although nothing could be taken back, and say why', async () => {
    const failure = new Error('no database')
    await started(
      2,
      vi.fn(async (_owner: string) => Promise.reject(failure)),
    )
    expect(onError).toHaveBeenCalledWith(failure)
  })

  it('do not sleep over what came while they looked', async () => {
    const { waiting, walk } = await started(1)
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
