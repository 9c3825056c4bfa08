import type { Clock } from '@evergrant/decider'
import * as oauth from 'oauth4webapi'
import type { GoogleClock } from './google-clock.ts'

/** Short, because each answer also tells Google's time. */
const freshMs = 10 * 60 * 1000
const deadlineMs = 5_000

/** Where Google's endpoints are. Asked when first needed and every ten minutes; an old answer serves while Google is away. */
export interface GoogleDiscovery {
  /** @throws whatever the fetch or oauth4webapi throws while nothing is known yet. */
  endpoints(): Promise<oauth.AuthorizationServer>
}

export function createGoogleDiscovery(options: {
  readonly issuer: string
  readonly clock: Clock
  readonly googleClock: GoogleClock
}): GoogleDiscovery {
  const issuer = new URL(options.issuer)
  let known: { readonly server: oauth.AuthorizationServer; readonly until: number } | undefined
  let asking: Promise<oauth.AuthorizationServer> | undefined

  const ask = async (): Promise<oauth.AuthorizationServer> => {
    const startedAt = options.clock.now()
    const response = await oauth.discoveryRequest(issuer, {
      signal: AbortSignal.timeout(deadlineMs),
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
      asking ??= ask().finally(() => {
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
