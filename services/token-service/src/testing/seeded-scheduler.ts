/** Runs asynchronous code in an order that a seed decides, on a clock that only this moves. The same seed is the same run. */
export interface SeededScheduler {
  now(): number
  random(): number
  /** Resolves `ms` later, or never when the process has been killed by then. Whatever else is due may happen before. */
  sleep(process: SimulatedProcess, ms: number): Promise<void>
  /** Runs until nothing is left to happen, or until a time. */
  run(until: number): Promise<void>
}

export interface SimulatedProcess {
  alive: boolean
  onDeath(): void
}

/** What goes on without any of our processes: the network, the provider, people. */
export const outside: SimulatedProcess = { alive: true, onDeath: () => undefined }

interface Waiting {
  readonly process: SimulatedProcess
  readonly dueAt: number
  readonly resume: () => void
}

/** More than any honest run needs; a run that gets here goes round in circles. */
const mostSteps = 20_000

export function createSeededScheduler(seed: number, startsAt: number): SeededScheduler {
  const random = seededRandom(seed)
  let waiting: Waiting[] = []
  let now = startsAt

  const next = (until: number): Waiting | undefined => {
    waiting = waiting.filter(({ process }) => process.alive)
    const earliest = Math.min(...waiting.map(({ dueAt }) => dueAt))
    if (earliest > until) return undefined
    now = Math.max(now, earliest)
    const due = waiting.filter(({ dueAt }) => dueAt <= now)
    return due[Math.floor(random() * due.length)]
  }

  return {
    now: () => now,
    random,
    sleep: (process, ms) =>
      new Promise((resolve) => {
        waiting.push({ process, dueAt: now + ms, resume: resolve })
      }),
    run: async (until) => {
      await quiet()
      for (let step = 0; ; step++) {
        if (step > mostSteps) throw new Error('the simulation goes round in circles')
        const chosen = next(until)
        if (!chosen) break
        waiting = waiting.filter((other) => other !== chosen)
        chosen.resume()
        await quiet()
      }
      now = Math.max(now, until)
    },
  }
}

/** Everything that can go on by itself has done so. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Mulberry32. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
