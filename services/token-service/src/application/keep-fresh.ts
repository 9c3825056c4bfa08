import { DomainError } from '@evergrant/decider'
import { tokenErrors } from '../domain/errors.ts'
import type { GrantSignals, Grants } from './ports.ts'
import { type RefreshDeps, type RefreshRequest, refreshGrant } from './refresh-grant.ts'

/** How long a caller without a usable token waits altogether: a whole lease and one refresh after it. */
const patienceMs = 55_000

/** A passing failure is tried again while the caller waits, when the wait is no longer than this. */
const shortWaitSeconds = 2
const attemptsPerCaller = 3

const firstLookMs = 50
const longestLookMs = 1_000

export interface FreshnessDeps extends RefreshDeps {
  readonly signals: GrantSignals
  readonly grants: Pick<Grants, 'byId'>
}

/** Brings a grant to a newer generation, whoever does the work: one flight per process, one announcement over all. */
export interface Freshness {
  /** Resolves when there is a newer generation than the one seen, or nothing left to do.
   * @throws DomainError as `refreshGrant`, but never `refresh_under_way` or `refresh_backing_off`. */
  refresh(request: RefreshRequest): Promise<void>
  /** Waits for flights under way. */
  drain(): Promise<void>
}

export function createFreshness(deps: FreshnessDeps): Freshness {
  const flights = new Map<string, Promise<void>>()
  return {
    refresh: (request) => {
      const flight = flights.get(request.grantId)
      if (flight) return flight
      const started = untilSettled(deps, request).finally(() => flights.delete(request.grantId))
      flights.set(request.grantId, started)
      return started
    },
    drain: async () => {
      await Promise.allSettled(flights.values())
    },
  }
}

async function untilSettled(deps: FreshnessDeps, request: RefreshRequest): Promise<void> {
  const giveUpAt = deps.clock.now().getTime() + patienceMs
  let lookMs = firstLookMs
  let failures = 0
  for (;;) {
    try {
      return await refreshGrant(deps, request)
    } catch (error) {
      if (!(error instanceof DomainError) || deps.clock.now().getTime() > giveUpAt) throw plain(error)
      if (error.code === 'refresh_under_way') {
        await deps.signals.wait(request.grantId, lookMs)
        lookMs = Math.min(longestLookMs, lookMs * 2)
        continue
      }
      const retryAfter = error.context.retryAfterSeconds ?? Number.POSITIVE_INFINITY
      const passing = error.code === 'google_unavailable' || error.code === 'refresh_backing_off'
      failures += 1
      if (!passing || retryAfter > shortWaitSeconds || failures >= attemptsPerCaller) throw plain(error)
      await deps.signals.wait(request.grantId, retryAfter * 1000)
    }
  }
}

/** What a waiting caller may hear. */
function plain(error: unknown): unknown {
  if (!(error instanceof DomainError)) return error
  if (error.code === 'refresh_backing_off') {
    return tokenErrors.google_unavailable({
      retryAfterSeconds: error.context.retryAfterSeconds ?? 1,
      cause: error,
    })
  }
  if (error.code === 'refresh_under_way') {
    return tokenErrors.google_unavailable({ retryAfterSeconds: 1, cause: error })
  }
  return error
}
