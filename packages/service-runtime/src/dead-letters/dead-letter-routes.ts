import { z } from 'zod'
import type { HttpApp } from '../http/http-app-type.ts'
import { decodeCursor, encodeCursor, pageQuerySchema, pageSchema } from '../http/pages.ts'
import { metadataOf } from '../http/request-context.ts'
import { deadLetterIdSchema, deadLetterSchema, shownDeadLetterSchema, sideSchema } from './dead-letter.ts'
import type { DeadLetters } from './dead-letters.ts'

const positionSchema = z.object({ side: sideSchema, after: z.string().regex(/^[0-9]{1,18}$/) })
const params = z.strictObject({ id: deadLetterIdSchema })
const tags = ['dead letters']

export interface DeadLetterRoutes {
  /** Named in the path, so that a gateway knows whom to ask. */
  readonly service: string
  readonly deadLetters: DeadLetters
  /** Whether the app remembers answers by Idempotency-Key. */
  readonly idempotent: boolean
}

/** For operators: what this service has given up on, and the decisions about it. */
export function deadLetterRoutes(app: HttpApp, { service, deadLetters, idempotent }: DeadLetterRoutes): void {
  const path = `/v1/dead-letters/${service}`
  const config = { access: 'admin', capability: 'events' } as const
  const decision = { ...config, ...(idempotent ? { idempotent } : {}) }
  app.get(
    path,
    {
      config,
      schema: {
        tags,
        querystring: pageQuerySchema.extend({ side: sideSchema.optional() }),
        response: { 200: pageSchema(deadLetterSchema) },
      },
    },
    async ({ query: { limit, side, cursor } }) => {
      const from = cursor === undefined ? undefined : decodeCursor(cursor, positionSchema)
      const { items, next } = await deadLetters.list({ limit, side, from })
      return { items, nextCursor: next === null ? null : encodeCursor(next) }
    },
  )
  app.get(
    `${path}/:id`,
    { config, schema: { tags, params, response: { 200: shownDeadLetterSchema } } },
    ({ params: { id } }) => deadLetters.show(id),
  )
  app.post(
    `${path}/:id/retry`,
    {
      config: decision,
      schema: {
        tags,
        params,
        response: {
          200: z.object({
            id: deadLetterIdSchema,
            outcome: z.enum(['applied', 'published', 'parked', 'under_way']),
            reason: z.string().nullable(),
          }),
        },
      },
    },
    async (request) => {
      const { id } = request.params
      return { id, ...(await deadLetters.retry(id, metadataOf(request))) }
    },
  )
  app.post(
    `${path}/:id/drop`,
    {
      config: decision,
      schema: {
        tags,
        params,
        body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
        response: { 200: z.object({ id: deadLetterIdSchema, outcome: z.literal('dropped') }) },
      },
    },
    async (request) => {
      const { id } = request.params
      await deadLetters.drop(id, { reason: request.body.reason, metadata: metadataOf(request) })
      return { id, outcome: 'dropped' as const }
    },
  )
}
