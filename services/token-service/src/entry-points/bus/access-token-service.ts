import { DomainError } from '@evergrant/decider'
import type { BusService, Reply } from '@evergrant/event-bus'
import { problemFrom, runtimeErrors } from '@evergrant/service-runtime'
import { z } from 'zod'
import { type VendDeps, vendAccessToken } from '../../application/vend-access-token.ts'
import { vendRequestSchema } from '../vend-request.ts'

const requestSchema = vendRequestSchema.extend({ connectionId: z.uuid() })

/** Gives other services what the HTTP endpoint gives; who may ask is a matter of NATS permissions. */
export function accessTokenService(
  deps: VendDeps & {
    readonly version: string
    readonly newId: () => string
    readonly onDefect: (error: unknown) => void
    /** Throws `schema_drift` while drift has taken the capability away. */
    readonly demand: (capability: string) => void
  },
): BusService {
  return {
    name: 'token-service',
    version: deps.version,
    description: 'Lends Google access tokens that work.',
    endpoints: {
      'access-token': {
        subject: 'evergrant.token.access-token.get',
        handle: async (body, headers) => {
          const requestId = headers['x-request-id'] ?? deps.newId()
          try {
            const { connectionId, ...wish } = parse(body)
            deps.demand('token.read')
            const caller = headers['evergrant-caller'] ?? 'service'
            const token = await vendAccessToken(deps, {
              ...wish,
              connectionId,
              caller,
              metadata: {
                actor: { kind: 'service', id: caller },
                correlationId: requestId,
                ...(headers.traceparent === undefined ? {} : { traceparent: headers.traceparent }),
              },
            })
            return { ok: true, body: token }
          } catch (error) {
            return refusal(error, requestId, deps.onDefect)
          }
        },
      },
    },
  }
}

function parse(body: unknown): z.output<typeof requestSchema> {
  const result = requestSchema.safeParse(body)
  if (result.success) return result.data
  const fields = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  throw runtimeErrors.invalid_input({ fields })
}

function refusal(error: unknown, requestId: string, onDefect: (error: unknown) => void): Reply {
  const known = error instanceof DomainError ? error : runtimeErrors.internal_error({ cause: error })
  if (known.kind === 'internal') onDefect(known)
  const { problem } = problemFrom(known, requestId)
  return { ok: false, status: problem.status, code: problem.code, body: problem }
}
