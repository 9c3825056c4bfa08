import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createPollClock, type PollClockOptions } from './poll-clock.ts'

describe('a poll clock', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const started = (options: Partial<PollClockOptions>) => {
    const clock = createPollClock({
      often: [],
      seldom: [],
      staleAfterMs: 60_000,
      onError: vi.fn(),
      ...options,
    })
    clock.start()
    return clock
  }
  const job = () => vi.fn(async (): Promise<unknown> => undefined)

  it('looks for old copies sixty times until one is old, and after the rest every quarter of a minute', async () => {
    const [often, seldom] = [job(), job()]
    const clock = started({ often: [often], seldom: [seldom], staleAfterMs: 120_000 })
    await vi.advanceTimersByTimeAsync(120_000)
    expect(often).toHaveBeenCalledTimes(60)
    expect(seldom).toHaveBeenCalledTimes(8)
    await clock.stop()
  })

  it('looks no more than once a second, however young copies are to be, and for old ones as seldom as after the rest', async () => {
    const [young, old] = [job(), job()]
    const clocks = [
      started({ often: [young], staleAfterMs: 10_000 }),
      started({ often: [old], staleAfterMs: 86_400_000 }),
    ]
    await vi.advanceTimersByTimeAsync(30_000)
    expect(young).toHaveBeenCalledTimes(30)
    expect(old).toHaveBeenCalledTimes(2)
    await Promise.all(clocks.map((clock) => clock.stop()))
  })

  it('asks again soon while a round leaves something over, and then as seldom as before', async () => {
    const work = job().mockResolvedValueOnce('more').mockResolvedValueOnce('more')
    const clock = started({ seldom: [work] })
    await vi.advanceTimersByTimeAsync(15_000)
    expect(work).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(work).toHaveBeenCalledTimes(3)
    await vi.advanceTimersByTimeAsync(14_999)
    expect(work).toHaveBeenCalledTimes(3)
    await vi.advanceTimersByTimeAsync(1)
    expect(work).toHaveBeenCalledTimes(4)
    await clock.stop()
  })

  it('reports a job that fails, tries it again, and lets the others keep their time', async () => {
    const onError = vi.fn()
    const failing = vi.fn(async () => Promise.reject(new Error('no database')))
    const other = job()
    const clock = started({ seldom: [failing, other], everyMs: 500, onError })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(failing).toHaveBeenCalledTimes(2)
    expect(onError).toHaveBeenCalledTimes(2)
    expect(other).toHaveBeenCalledTimes(2)
    await clock.stop()
  })

  it('waits for the round under way when it stops, and begins no other', async () => {
    const { promise, resolve } = Promise.withResolvers<'more'>()
    const work = vi.fn(() => promise)
    const clock = started({ seldom: [work], everyMs: 100 })
    await vi.advanceTimersByTimeAsync(100)
    const stopped = vi.fn()
    const stopping = clock.stop().then(stopped)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(stopped).not.toHaveBeenCalled()
    resolve('more')
    await stopping
    await vi.advanceTimersByTimeAsync(5_000)
    expect(work).toHaveBeenCalledTimes(1)
  })
})
