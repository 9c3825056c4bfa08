import type { Clock } from '@evergrant/decider'
import {
  type AuthorizationServer,
  allowInsecureRequests,
  discoveryRequest,
  processDiscoveryResponse,
} from 'oauth4webapi'
import { oauthErrors } from '../../domain/errors.ts'
import { discoveryError } from './provider-errors.ts'

export interface DiscoveryOptions {
  readonly issuer: URL
  /** For tests and the embedded stack: plain http, on loopback only. */
  readonly allowLoopbackHttp: boolean
  readonly clock: Clock
  readonly call: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>
  readonly onResponse: (response: Response, sentAt: Date) => void
}

interface DiscoveryStatus {
  readonly reachable: boolean
  readonly lastReadAt: Date | null
  readonly problem: string | null
}

/** Google's endpoints. Read when first needed, kept for an hour, and kept longer while Google does not answer. */
export interface Discovery {
  /** @throws DomainError `google_unavailable` when it was never read and cannot be read now. */
  server(): Promise<AuthorizationServer>
  /** Reads again unless that happened within the last seconds. */
  check(): Promise<DiscoveryStatus>
  /** What is known now; looks again in the background, seldom while all is well. */
  glance(): 'ok' | 'not_read_yet' | 'unreachable'
}

const freshMs = 60 * 60_000
const recheckMs = 5_000
const glanceMs = 60_000

export function createDiscovery(options: DiscoveryOptions): Discovery {
  const { clock } = options
  let known: AuthorizationServer | undefined
  let readAt: Date | null = null
  let triedAt = Number.NEGATIVE_INFINITY
  let problem: string | null = null
  let underWay: Promise<AuthorizationServer> | undefined

  const read = (): Promise<AuthorizationServer> => {
    underWay ??= fetchMetadata(options)
      .then(
        (server) => {
          known = server
          readAt = clock.now()
          problem = null
          return server
        },
        (error: unknown) => {
          problem = 'google_unavailable'
          throw error
        },
      )
      .finally(() => {
        triedAt = clock.now().getTime()
        underWay = undefined
      })
    return underWay
  }

  return {
    server: async () => {
      if (!known || !readAt) return read()
      const stale = clock.now().getTime() - readAt.getTime() > freshMs
      const triedLately = clock.now().getTime() - triedAt < recheckMs
      if (!stale || triedLately) return known
      const last = known
      return read().catch(() => last)
    },
    check: async () => {
      if (clock.now().getTime() - triedAt >= recheckMs) {
        // Its failure is what `problem` says.
        await read().catch(() => undefined)
      }
      return { reachable: problem === null && known !== undefined, lastReadAt: readAt, problem }
    },
    glance: () => {
      const pause = problem === null && known ? glanceMs : recheckMs
      // Its failure is what `problem` says.
      if (clock.now().getTime() - triedAt >= pause) void read().catch(() => undefined)
      if (problem !== null) return 'unreachable'
      return known ? 'ok' : 'not_read_yet'
    },
  }
}

async function fetchMetadata(options: DiscoveryOptions): Promise<AuthorizationServer> {
  const { issuer, allowLoopbackHttp } = options
  let httpStatus: number | null = null
  try {
    const server = await options.call(async (signal) => {
      const sentAt = options.clock.now()
      const response = await discoveryRequest(issuer, {
        signal,
        [allowInsecureRequests]: allowLoopbackHttp,
      })
      httpStatus = response.status
      options.onResponse(response, sentAt)
      return processDiscoveryResponse(issuer, response)
    })
    assertEndpoints(server, allowLoopbackHttp)
    return server
  } catch (error) {
    throw discoveryError(error, httpStatus)
  }
}

/** Plain http is for loopback; a document that points elsewhere would carry the client secret over the wire in clear. */
function assertEndpoints(server: AuthorizationServer, allowLoopbackHttp: boolean): void {
  const pushing = server.pushed_authorization_request_endpoint
  const needed = [server.authorization_endpoint, server.token_endpoint, server.jwks_uri]
  const endpoints = pushing === undefined ? needed : [...needed, pushing]
  for (const endpoint of endpoints) {
    const url = endpoint && URL.canParse(endpoint) ? new URL(endpoint) : undefined
    const safe = url?.protocol === 'https:' || (allowLoopbackHttp && url !== undefined && isLoopback(url))
    if (!safe) throw oauthErrors.google_unavailable({ detail: { problem: 'unsafe or missing endpoint' } })
  }
}

export function isLoopback(url: URL): boolean {
  return /^(127(\.\d{1,3}){3}|localhost|\[::1\])$/.test(url.hostname)
}
