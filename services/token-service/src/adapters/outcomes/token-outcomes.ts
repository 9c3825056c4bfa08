import type { Clock } from '@evergrant/decider'
import { type Service, services } from '@evergrant/event-contracts'
import type { Metrics } from '@evergrant/service-runtime'
import type { TokenOutcomes } from '../../application/ports.ts'

const windowMs = 5 * 60 * 1000
const keptPerService = 1_000

interface Outcome {
  readonly at: number
  readonly ok: boolean
}

export interface SuccessRates {
  /** Share of successes in the last five minutes of this process, 0 to 1; null when nothing happened. */
  readonly tokenQuerySuccess: number | null
  readonly refreshSuccess: number | null
}

export interface MeasuredOutcomes extends TokenOutcomes {
  ratesOf(service: Service): SuccessRates
}

/** Counts for /metrics, and short memories for /v1/google/health. */
export function createTokenOutcomes(metrics: Metrics, clock: Clock): MeasuredOutcomes {
  const queries = metrics.counter({
    name: 'token_queries_total',
    help: 'Access tokens asked for',
    labelNames: ['google_service', 'outcome'],
  })
  const refreshes = metrics.counter({
    name: 'token_refreshes_total',
    help: 'Refreshes by outcome',
    labelNames: ['outcome'],
  })
  const retries = metrics.counter({
    name: 'token_refresh_retries_total',
    help: 'Refreshes after a failed one: made, or held back by the retry budget',
    labelNames: ['outcome'],
  })
  const recentQueries = memories()
  const recentRefreshes = memories()
  const remember = (memory: Outcome[], ok: boolean) => {
    memory.push({ at: clock.now().getTime(), ok })
    if (memory.length > keptPerService) memory.shift()
  }
  return {
    query: (service, ok) => {
      queries.inc({ google_service: service, outcome: ok ? 'served' : 'failed' })
      remember(recentQueries[service], ok)
    },
    refresh: (touched, outcome) => {
      refreshes.inc({ outcome })
      // A user's own withdrawal says nothing about how well refreshing works.
      if (outcome === 'revoked' || outcome === 'reauthorization_policy') return
      for (const service of touched) remember(recentRefreshes[service], outcome === 'refreshed')
    },
    retry: (made) => retries.inc({ outcome: made ? 'made' : 'held_back' }),
    ratesOf: (service) => {
      const since = clock.now().getTime() - windowMs
      return {
        tokenQuerySuccess: rate(recentQueries[service], since),
        refreshSuccess: rate(recentRefreshes[service], since),
      }
    },
  }
}

function memories(): Record<Service, Outcome[]> {
  return Object.fromEntries(services.map((service) => [service, []])) as never
}

function rate(outcomes: readonly Outcome[], since: number): number | null {
  const recent = outcomes.filter(({ at }) => at >= since)
  return recent.length === 0 ? null : recent.filter(({ ok }) => ok).length / recent.length
}
