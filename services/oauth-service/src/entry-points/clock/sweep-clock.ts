import { type SweepAuthorizationsDeps, sweepAuthorizations } from '../../application/sweep-authorizations.ts'

export interface SweepClock {
  /** Waits for a sweep under way. */
  stop(): Promise<void>
}

/** Ends overdue authorizations every so often; a failed sweep is reported and tried again the next time. */
export function startSweepClock(
  deps: SweepAuthorizationsDeps,
  options: { readonly everyMs: number },
): SweepClock {
  let underWay: Promise<unknown> = Promise.resolve()
  let busy = false
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    underWay = sweepAuthorizations(deps)
      .catch(deps.onError)
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
