import { Agent, type Dispatcher, errors } from 'undici'
import { z } from 'zod'
import type { AskReadiness, NoAnswer, SendUpstream } from '../../application/ports.ts'

export interface Upstream {
  readonly send: SendUpstream
  readonly askReadiness: AskReadiness
  /** A service's OpenAPI document; undefined when it does not answer. */
  fetchOpenApi(replicaUrl: string): Promise<unknown>
  close(): Promise<void>
}

/** Failures of connecting: not a byte of the request was sent. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

const readinessSchema = z.object({
  instanceId: z.string().optional(),
  status: z.enum(['ready', 'not_ready']),
  capabilities: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['ok', 'degraded', 'unavailable']),
      reason: z.string().optional(),
      description: z.string().optional(),
      since: z.string(),
    }),
  ),
})

/** Talks to service replicas over kept-alive connections. */
export function createUndiciUpstream(): Upstream {
  const agent = new Agent({
    connect: { timeout: 2_000 },
    // A forced refresh may wait for Google's own deadline before the first byte of its answer.
    headersTimeout: 60_000,
    // Event streams are silent for as long as nothing happens.
    bodyTimeout: 0,
    // Shorter than a service keeps an idle connection, so it is never the service that hangs up on a request.
    keepAliveTimeout: 30_000,
    keepAliveMaxTimeout: 30_000,
  })
  const ask = async (replicaUrl: string, path: string, timeoutMs: number) => {
    try {
      const answer = await agent.request({
        origin: replicaUrl,
        path,
        method: 'GET',
        signal: AbortSignal.timeout(timeoutMs),
      })
      return await answer.body.json()
    } catch {
      // "Does not answer" is the answer; the caller shows it as unreachable.
      return undefined
    }
  }
  return {
    send: async (replicaUrl, request) => {
      try {
        const answer = await agent.request({
          origin: replicaUrl,
          path: request.path,
          method: request.method as Dispatcher.HttpMethod,
          headers: request.headers,
          body: request.body,
          signal: request.signal,
        })
        return { status: answer.statusCode, headers: answer.headers, body: answer.body }
      } catch (error) {
        return noAnswer(error)
      }
    },
    askReadiness: async (replicaUrl) => {
      // A service gives each of its checks two seconds.
      const readiness = readinessSchema.safeParse(await ask(replicaUrl, '/health/ready', 2_500))
      if (!readiness.success) return undefined
      const { status, instanceId, capabilities } = readiness.data
      return { ready: status === 'ready', capabilities, ...(instanceId === undefined ? {} : { instanceId }) }
    },
    fetchOpenApi: (replicaUrl) => ask(replicaUrl, '/openapi.json', 5_000),
    close: () => agent.destroy(),
  }
}

function noAnswer(error: unknown): NoAnswer {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const refused = error instanceof errors.ConnectTimeoutError || neverSent.has(code)
  return { reached: refused ? 'refused' : 'perhaps', cause: error }
}
