import { gatewayErrors } from '../domain/errors.ts'
import type { SendUpstream, UpstreamAnswer, UpstreamRequest } from './ports.ts'

/** Sends a request to one of the replicas of the service that owns it. */
export type Forward = (replicas: readonly string[], request: UpstreamRequest) => Promise<UpstreamAnswer>

const repeatable = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Round robin over replicas. Another replica is tried when the connection was refused; a request that may have arrived
 * is sent again only when a repeat cannot do anything twice.
 * @throws DomainError `service_unavailable`, `outcome_unknown`. */
export function createForward(send: SendUpstream): Forward {
  let turn = 0
  return async (replicas, request) => {
    const first = turn++ % replicas.length
    const order = [...replicas.slice(first), ...replicas.slice(0, first)]
    let cause: unknown
    for (const replica of order) {
      const answer = await send(replica, request)
      if ('status' in answer) return answer
      cause = answer.cause
      if (request.signal.aborted) break
      if (answer.reached === 'perhaps' && !repeatable.has(request.method)) {
        throw gatewayErrors.outcome_unknown({ cause, retryAfterSeconds: 1, detail: { replica } })
      }
    }
    throw gatewayErrors.service_unavailable({ cause, retryAfterSeconds: 1, detail: { replicas } })
  }
}
