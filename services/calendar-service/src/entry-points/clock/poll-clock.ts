export interface PollClockOptions {
  /** What is due; each is tried every time, whatever became of the others. */
  readonly jobs: readonly (() => Promise<unknown>)[]
  readonly everyMs: number
  readonly onError: (error: unknown) => void
}

/** Runs its jobs again and again, never two rounds at once. */
export function createPollClock({ jobs, everyMs, onError }: PollClockOptions): {
  start(): void
  stop(): Promise<void>
} {
  let timer: NodeJS.Timeout | undefined
  let round: Promise<unknown> = Promise.resolve()
  let stopped = false
  const next = () => {
    timer = setTimeout(() => {
      round = Promise.all(jobs.map((job) => job().catch(onError))).then(() => {
        if (!stopped) next()
      })
    }, everyMs)
  }
  return {
    start: next,
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await round
    },
  }
}
