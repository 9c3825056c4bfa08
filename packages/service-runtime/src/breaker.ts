import { DomainError } from '@evergrant/decider'
import CircuitBreaker from 'opossum'
import { runtimeErrors } from './errors.ts'
import type { Metrics } from './metrics.ts'

export interface BreakerOptions {
  /** Provider and endpoint, e.g. `google.token`; never a user. */
  readonly name: string
  /** Deadline of one call; `work` gets a signal that aborts then. */
  readonly timeoutMs: number
  /** Whether an error says that the other side is ill; a refusal that is the caller's own fault does not. */
  readonly isFailure: (error: unknown) => boolean
  /** How long it stays open before one call may try again; 10 s unless told. */
  readonly resetMs?: number
  /** Calls within ten seconds before failures can open it; 5 unless told. */
  readonly minimumCalls?: number
  readonly metrics?: BreakerMetrics
}

export interface Breaker {
  /** @throws DomainError `dependency_unavailable` without calling `work` while open, `dependency_timed_out` after the
   * deadline (nobody knows then whether the call had its effect); otherwise whatever `work` throws. */
  run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>
  state(): 'closed' | 'half_open' | 'open'
}

/** Shared by all breakers of a process. */
export interface BreakerMetrics {
  readonly calls: ReturnType<Metrics['counter']>
  readonly open: ReturnType<Metrics['gauge']>
}

/** Call once per process and hand to every breaker. */
export function createBreakerMetrics(metrics: Metrics): BreakerMetrics {
  return {
    calls: metrics.counter({
      name: 'breaker_calls_total',
      help: 'Calls to a dependency by outcome',
      labelNames: ['dependency', 'outcome'],
    }),
    open: metrics.gauge({
      name: 'breaker_state',
      help: '0 closed, 0.5 half open, 1 open',
      labelNames: ['dependency'],
    }),
  }
}

type Work = (signal: AbortSignal) => Promise<unknown>

/** One breaker per provider and endpoint, so that one ill endpoint does not take its healthy siblings along. */
export function createBreaker(options: BreakerOptions): Breaker {
  const { name, timeoutMs, isFailure, resetMs = 10_000, minimumCalls = 5, metrics } = options
  const circuit = new CircuitBreaker((work: Work, deadline: AbortController) => work(deadline.signal), {
    name,
    timeout: timeoutMs,
    resetTimeout: resetMs,
    volumeThreshold: minimumCalls,
    errorThresholdPercentage: 50,
    errorFilter: (error) => !isFailure(error),
  })
  const state = () => (circuit.opened ? 'open' : circuit.halfOpen ? 'half_open' : 'closed')
  const count = (outcome: string) => metrics?.calls.inc({ dependency: name, outcome })
  const level = (value: number) => () => metrics?.open.set({ dependency: name }, value)
  level(0)()
  circuit.on('open', level(1)).on('halfOpen', level(0.5)).on('close', level(0))
  circuit.on('success', () => count('success')).on('failure', () => count('failure'))
  circuit.on('timeout', () => count('timeout')).on('reject', () => count('rejected'))

  return {
    state,
    run: async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
      const deadline = new AbortController()
      try {
        return (await circuit.fire(work, deadline)) as T
      } catch (error) {
        if (error instanceof DomainError) throw error
        const code = error instanceof Error && 'code' in error ? error.code : undefined
        if (code === 'EOPENBREAKER') {
          throw runtimeErrors.dependency_unavailable({
            detail: { dependency: name },
            retryAfterSeconds: resetMs / 1000,
          })
        }
        if (code === 'ETIMEDOUT' && isOpossumTimeout(error, timeoutMs)) {
          deadline.abort(error)
          throw runtimeErrors.dependency_timed_out({
            detail: { dependency: name, timeoutMs },
            retryAfterSeconds: 5,
          })
        }
        throw error
      }
    },
  }
}

/** A socket's own ETIMEDOUT has the same code but is an answer from `work`. */
function isOpossumTimeout(error: unknown, timeoutMs: number): boolean {
  return error instanceof Error && error.message === `Timed out after ${timeoutMs}ms`
}
