import type { Clock } from '@evergrant/decider'
import { type BreakerMetrics, createBreaker } from '@evergrant/service-runtime'
import * as oauth from 'oauth4webapi'
import type { GoogleClock } from './google-clock.ts'

/** Short, because each answer also tells Google's time. */
const freshMs = 10 * 60 * 1000
const deadlineMs = 5_000
/** Short: while nothing is known yet, nobody gets a token until it has passed. */
const pauseMs = 5_000

/** Where Google's endpoints are. Asked when first needed and every ten minutes; an old answer serves while Google is away,
 * and behind the breaker without waiting for a deadline each time. */
export interface GoogleDiscovery {
  /** @throws whatever the fetch or oauth4webapi throws, or DomainError `dependency_unavailable` while the breaker is open,
   * as long as nothing is known yet. */
  endpoints(): Promise<oauth.AuthorizationServer>
}

export function createGoogleDiscovery(options: {
  readonly issuer: string
  readonly clock: Clock
  readonly googleClock: GoogleClock
  readonly metrics: BreakerMetrics
}): GoogleDiscovery {
  const issuer = new URL(options.issuer)
  const breaker = createBreaker({
    name: 'google.discovery',
    timeoutMs: deadlineMs,
    resetMs: pauseMs,
    // One asks for all, so there is little evidence: the first failure opens it, or the second right after an answer.
    minimumCalls: 1,
    isFailure: () => true,
    metrics: options.metrics,
  })
  let known: { readonly server: oauth.AuthorizationServer; readonly until: number } | undefined
  let asking: Promise<oauth.AuthorizationServer> | undefined

  const ask = async (signal: AbortSignal): Promise<oauth.AuthorizationServer> => {
    const startedAt = options.clock.now()
    const response = await oauth.discoveryRequest(issuer, {
      signal,
      ...insecureOnLoopback(issuer),
    })
    options.googleClock.observe(response, startedAt)
    const server = await oauth.processDiscoveryResponse(issuer, response)
    known = { server, until: options.clock.now().getTime() + freshMs }
    return server
  }

  return {
    endpoints: async () => {
      if (known && known.until > options.clock.now().getTime()) return known.server
      asking ??= breaker.run(ask).finally(() => {
        asking = undefined
      })
      const stale = known
      return stale ? asking.catch(() => stale.server) : asking
    },
  }
}

/** Plain http is only for a Google that stands in on this machine; config.ts refuses any other. */
export function insecureOnLoopback(url: URL): { [oauth.allowInsecureRequests]?: boolean } {
  return url.protocol === 'http:' ? { [oauth.allowInsecureRequests]: true } : {}
}
