/** Answers `more` when it left something over that is due already. */
export type PollJob = () => Promise<unknown>

export interface PollClockOptions {
  /** What keeps copies from growing old; each job is tried every time, whatever becomes of the others. */
  readonly often: readonly PollJob[]
  readonly seldom: readonly PollJob[]
  readonly staleAfterMs: number
  /** Instead of what follows from the age. */
  readonly everyMs?: number
  readonly onError: (error: unknown) => void
}

const soonMs = 1_000
const seldomMs = 15_000

/** Runs each of its jobs again and again, never two rounds of one at once; soon, when a round left something over. */
export function createPollClock({ often, seldom, staleAfterMs, everyMs, onError }: PollClockOptions): {
  start(): void
  stop(): Promise<void>
} {
  const seldomEvery = everyMs ?? Math.min(staleAfterMs / 2, seldomMs)
  // The younger copies are to be, the finer: few fall due at a time, and whoever asks meanwhile waits behind few.
  const oftenEvery = Math.min(seldomEvery, Math.max(staleAfterMs / 60, soonMs))
  const stops: (() => Promise<unknown>)[] = []
  const repeat = (job: PollJob, every: number) => {
    let timer: NodeJS.Timeout | undefined
    let round: Promise<void> = Promise.resolve()
    let stopped = false
    const next = (delayMs: number) => {
      timer = setTimeout(() => {
        round = job()
          .catch(onError)
          .then((left) => {
            if (!stopped) next(left === 'more' ? Math.min(soonMs, every) : every)
          })
      }, delayMs)
    }
    next(every)
    stops.push(() => {
      stopped = true
      clearTimeout(timer)
      return round
    })
  }
  return {
    start: () => {
      for (const job of often) repeat(job, oftenEvery)
      for (const job of seldom) repeat(job, seldomEvery)
    },
    stop: async () => {
      await Promise.all(stops.map((stop) => stop()))
    },
  }
}
