import { type SweepAuthorizationsDeps, sweepAuthorizations } from '../../application/sweep-authorizations.ts'

export interface SweepClock {
  /** Waits for a sweep under way. */
  stop(): Promise<void>
}

/** Ends overdue authorizations every so often; a failed sweep is reported and tried again the next time. */
export function startSweepClock(
  deps: SweepAuthorizationsDeps,
  options: { readonly everyMs: number; readonly onError: (error: unknown) => void },
): SweepClock {
  let underWay: Promise<unknown> = Promise.resolve()
  let busy = false
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    underWay = sweepAuthorizations(deps)
      .catch(options.onError)
      .finally(() => {
        busy = false
      })
  }, options.everyMs)
  return {
    stop: async () => {
      clearInterval(timer)
      await underWay
    },
  }
}
