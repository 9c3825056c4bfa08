import type { Ids } from '@evergrant/decider'
import type { Actor, FactMetadata } from '@evergrant/event-store'
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../auth/caller.ts'
import { runtimeErrors } from '../errors.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i
const traceContext = /^00-(?!0{32})(?<traceId>[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-(?<flags>[0-9a-f]{2})$/

/** A caller's request id when it is a UUID, else a new one: anything else could smuggle text into logs. */
export function requestIdFrom(given: string | string[] | undefined, ids: Ids): string {
  return typeof given === 'string' && uuid.test(given) ? given.toLowerCase() : ids.next()
}

/** Our own span in the caller's trace (W3C Trace Context), or the root of a new trace. */
export function traceparentFrom(given: string | string[] | undefined, ids: Ids): string {
  const parent = typeof given === 'string' ? traceContext.exec(given)?.groups : undefined
  const own = hexOf(ids)
  return `00-${parent?.traceId ?? own}-${own.slice(-16)}-${parent?.flags ?? '01'}`
}

/** A UUID's last eight bytes always carry its variant bit, so neither id can be all zeros. */
function hexOf(ids: Ids): string {
  return ids.next().replaceAll('-', '')
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null
    traceparent: string
  }
}

/** The authenticated caller.
 * @throws DomainError `misdeclared_route` on a route whose access is `public`. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller) return request.caller
  throw runtimeErrors.misdeclared_route({ detail: { route: request.routeOptions.url, problem: 'no caller' } })
}

/** Who and which request facts come from; a route that acts for someone else overrides the actor. */
export function metadataOf(request: FastifyRequest, actor: Actor = actorOf(request)): FactMetadata {
  return { actor, correlationId: request.id, traceparent: request.traceparent }
}

function actorOf({ caller, routeOptions }: FastifyRequest): Actor {
  const id = caller ? { id: caller.sub } : {}
  switch (routeOptions.config.access) {
    case 'admin':
      return { kind: 'operator', ...id }
    case 'tokens:read':
      return { kind: 'service', ...id }
    default:
      return { kind: 'user', ...id }
  }
}
