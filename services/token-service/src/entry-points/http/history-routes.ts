import type { Database, EventStore } from '@evergrant/event-store'
import {
  callerOf,
  decodeCursor,
  encodeCursor,
  type HttpApp,
  pageQuerySchema,
  pageSchema,
} from '@evergrant/service-runtime'
import { z } from 'zod'
import type { Grants } from '../../application/ports.ts'
import { type GrantFact, grantStreamOf } from '../../domain/grant-facts.ts'
import { vendsOf } from '../../projections/connection-history.ts'
import { entryOfFact, entryOfVend, type HistoryEntry } from '../../projections/history-entry.ts'
import { ownConnection } from './own-connection.ts'

const entrySchema = z.object({
  at: z.string(),
  type: z.string(),
  by: z.object({
    kind: z.enum(['user', 'service', 'google', 'schedule', 'operator']),
    id: z.string().optional(),
  }),
  summary: z.string(),
  detail: z.record(z.string(), z.unknown()),
  eventId: z.string().optional(),
  traceId: z.string().optional(),
})

/** Facts and vends are two lists; a page remembers where it left each. */
const cursorSchema = z.object({
  version: z.number().int(),
  vend: z.object({ at: z.number(), id: z.uuid() }).nullable(),
})

export interface HistoryRoutesDeps {
  readonly grants: Pick<Grants, 'find'>
  readonly store: EventStore
  readonly database: Database
}

type Line =
  | { readonly kind: 'fact'; readonly entry: HistoryEntry; readonly version: number }
  | { readonly kind: 'vend'; readonly entry: HistoryEntry; readonly at: number; readonly id: string }

export function historyRoutes(app: HttpApp, { grants, store, database }: HistoryRoutesDeps): void {
  app.get(
    '/v1/connections/:id/history',
    {
      config: { access: 'user', capability: 'connections.history' },
      schema: {
        tags: ['connections'],
        params: z.strictObject({ id: z.uuid() }),
        querystring: pageQuerySchema.extend({ show: z.enum(['all', 'facts', 'vends']).default('all') }),
        response: { 200: pageSchema(entrySchema) },
      },
    },
    async (request) => {
      const { limit, cursor, show } = request.query
      const { id } = request.params
      const { grant, service } = ownConnection(callerOf(request), await grants.find(id))
      const from =
        cursor === undefined
          ? { version: Number.MAX_SAFE_INTEGER, vend: null }
          : decodeCursor(cursor, cursorSchema)
      const [facts, vends] = await Promise.all([
        show === 'vends'
          ? []
          : store.readStream<GrantFact>(grantStreamOf(grant.grantId)).then((slice) => slice.facts),
        show === 'facts' ? [] : vendsOf(database, id, { before: from.vend, limit: limit + 1 }),
      ])
      const lines: Line[] = facts
        .filter(({ version }) => version < from.version)
        .reverse()
        .flatMap((fact) => {
          const entry = entryOfFact(fact, service)
          return entry === undefined ? [] : [{ kind: 'fact' as const, entry, version: fact.version }]
        })
      lines.push(
        ...vends.map((vend) => ({
          kind: 'vend' as const,
          entry: entryOfVend(vend),
          at: vend.at,
          id: vend.id,
        })),
      )
      // Stable, so facts of one transaction keep their order.
      lines.sort((a, b) => Date.parse(b.entry.at) - Date.parse(a.entry.at))
      const page = lines.slice(0, limit)
      return {
        items: page.map(({ entry }) => ({ ...entry, detail: { ...entry.detail } })),
        nextCursor: lines.length > limit ? encodeCursor(positionAfter(page, from)) : null,
      }
    },
  )
}

function positionAfter(page: readonly Line[], from: z.output<typeof cursorSchema>) {
  let { version, vend } = from
  for (const line of page) {
    if (line.kind === 'fact') version = Math.min(version, line.version)
    else vend = { at: line.at, id: line.id }
  }
  return { version, vend }
}
