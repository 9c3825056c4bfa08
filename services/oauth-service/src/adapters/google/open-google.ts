import { type Clock, DomainError } from '@evergrant/decider'
import { createBreaker, createBreakerMetrics, type Metrics } from '@evergrant/service-runtime'
import type { ConsentProvider } from '../../application/ports.ts'
import { createGoogleConsent } from './google-consent.ts'

export interface GoogleOptions {
  readonly issuer: string
  readonly client: { readonly id: string; readonly secret: string } | null
  /** The variables that would configure one. */
  readonly missing: readonly string[]
  readonly redirectUri: string
  readonly clock: Clock
  readonly metrics: Metrics
}

/** Below the gateway's own patience, and far below the two minutes after which an exchange counts as interrupted. */
const timeoutMs = 10_000

/** Google with a deadline and a circuit breaker per endpoint. A user's spent code says nothing about Google's health. */
export function openGoogle({ metrics, ...options }: GoogleOptions): ConsentProvider {
  const breakerMetrics = createBreakerMetrics(metrics)
  const breaker = (endpoint: string) =>
    createBreaker({
      name: `google.${endpoint}`,
      timeoutMs,
      isFailure: (error) => !(error instanceof DomainError) || error.kind === 'unavailable',
      metrics: breakerMetrics,
    })
  return createGoogleConsent({
    ...options,
    guards: {
      discovery: breaker('discovery').run,
      token: breaker('token').run,
      push: breaker('pushed-authorization').run,
    },
  })
}
