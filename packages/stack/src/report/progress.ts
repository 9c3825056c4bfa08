/** One line a step: what, and how long it took. */
export interface Progress {
  step<Result>(what: string, work: () => Promise<Result>, done?: (result: Result) => string): Promise<Result>
  note(line: string): void
}

export function createProgress(write: (line: string) => void, now: () => number): Progress {
  return {
    step: async (what, work, done) => {
      const started = now()
      const result = await work()
      const seconds = ((now() - started) / 1000).toFixed(1)
      write(`  ✓ ${what}${done === undefined ? '' : ` ${done(result)}`} (${seconds} s)`)
      return result
    },
    note: (line) => write(`  · ${line}`),
  }
}
