import type { Clock } from '@evergrant/decider'
import { connectionSchema } from '@evergrant/event-contracts'
import {
  callerOf,
  decodeCursor,
  encodeCursor,
  type HttpApp,
  metadataOf,
  pageQuerySchema,
  pageSchema,
} from '@evergrant/service-runtime'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { disconnect } from '../../application/disconnect.ts'
import type { HandleGrant } from '../../application/grant-commands.ts'
import type { Freshness } from '../../application/keep-fresh.ts'
import type { ConnectionCard, ProviderTokens } from '../../application/ports.ts'
import { connectionView } from '../../domain/connection-view.ts'
import { tokenErrors } from '../../domain/errors.ts'
import type { GrantQueries } from '../../projections/grant-state.ts'
import { type StateOf, withDrift } from './drifted-connection.ts'
import { ownConnection } from './own-connection.ts'

export interface ConnectionRoutesDeps {
  readonly grants: GrantQueries
  readonly handle: HandleGrant
  readonly freshness: Freshness
  readonly provider: Pick<ProviderTokens, 'now'>
  readonly revokeSoon: (grantId: string) => void
  readonly clock: Clock
  readonly publicUrl: string
  readonly stateOf: StateOf
}

const params = z.strictObject({ id: z.uuid() })
const tags = ['connections']
const cursorSchema = z.object({ after: z.uuid() })

export function connectionRoutes(app: HttpApp, deps: ConnectionRoutesDeps): void {
  const view = (card: ConnectionCard) => viewOf(card, deps)

  app.get(
    '/v1/connections',
    {
      config: { access: 'user', capability: 'connections.read' },
      schema: { tags, querystring: pageQuerySchema, response: { 200: pageSchema(connectionSchema) } },
    },
    async (request) => {
      const { limit, cursor } = request.query
      const after = cursor === undefined ? null : decodeCursor(cursor, cursorSchema).after
      const cards = await deps.grants.ofUser(callerOf(request).sub, { after, limit: limit + 1 })
      const items = cards.slice(0, limit).map(view)
      const last = items.at(-1)
      const nextCursor = cards.length > limit && last ? encodeCursor({ after: last.id }) : null
      return { items, nextCursor }
    },
  )

  app.get(
    '/v1/connections/:id',
    {
      config: { access: 'user', capability: 'connections.read' },
      schema: { tags, params, response: { 200: connectionSchema } },
    },
    async (request) => view(await find(request, deps)),
  )

  app.post(
    '/v1/connections/:id/refresh',
    {
      config: { access: 'user', idempotent: true, capability: 'token.refresh' },
      schema: { tags, params, body: z.strictObject({}).optional(), response: { 200: connectionSchema } },
    },
    async (request) => {
      const card = await find(request, deps)
      await forceRefresh(card, request, deps)
      return view(await find(request, deps))
    },
  )

  app.delete(
    '/v1/connections/:id',
    {
      config: { access: 'user', capability: 'token.disconnect' },
      schema: { tags, params, response: { 202: connectionSchema } },
    },
    async (request, reply) => {
      await disconnect(deps, await find(request, deps), actingMetadata(request))
      return reply.code(202).send(view(await find(request, deps)))
    },
  )
}

async function find(
  request: FastifyRequest<{ Params: { id: string } }>,
  { grants }: ConnectionRoutesDeps,
): Promise<ConnectionCard> {
  return ownConnection(callerOf(request), await grants.find(request.params.id))
}

async function forceRefresh(
  { grant, service }: ConnectionCard,
  request: FastifyRequest,
  { freshness, provider, publicUrl }: ConnectionRoutesDeps,
): Promise<void> {
  const view = connectionView(grant, service, { now: provider.now(), publicUrl, lastUsedAt: null })
  const ended = view?.status === 'disconnected' || view?.status === 'needs_reauthorization'
  if (ended || grant.refreshTokenGeneration === null) {
    throw tokenErrors.needs_reauthorization({
      extensions: { reason: view?.reason ?? null },
      ...(view?.action?.url === undefined
        ? {}
        : { action: { kind: view.action.kind, description: view.action.description, url: view.action.url } }),
    })
  }
  await freshness.refresh({
    grantId: grant.grantId,
    seenGeneration: grant.generation,
    cause: 'user',
    metadata: metadataOf(request),
  })
}

/** An administrator acts on connections of others, and the record says so. */
function actingMetadata(request: FastifyRequest) {
  const { sub, scopes } = callerOf(request)
  return scopes.includes('admin') ? metadataOf(request, { kind: 'operator', id: sub }) : metadataOf(request)
}

function viewOf({ grant, service, lastUsedAt }: ConnectionCard, deps: ConnectionRoutesDeps) {
  const view = connectionView(grant, service, {
    now: deps.provider.now(),
    publicUrl: deps.publicUrl,
    lastUsedAt,
  })
  if (!view) throw tokenErrors.connection_not_found()
  return withDrift(view, deps.stateOf)
}
