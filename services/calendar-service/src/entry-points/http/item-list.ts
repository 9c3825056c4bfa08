import type { Database } from '@evergrant/event-store'
import { decodeCursor, encodeCursor, pageSchema } from '@evergrant/service-runtime'
import { z } from 'zod'
import type { OverdueAfter } from '../../domain/freshness.ts'
import { type ItemPosition, type ItemQuery, itemsOf } from '../../projections/items.ts'
import { connectionSyncSchema, connectionSyncs } from './connection-sync.ts'

/** Google's own fields, and whose they are. */
export const itemSchema = z.looseObject({ id: z.string(), connectionId: z.uuid() })

/** A page, and how far it can be trusted, connection by connection. */
export const itemPageSchema = pageSchema(itemSchema).extend({
  sync: z.array(connectionSyncSchema),
})

const positionSchema = z
  .tuple([z.number(), z.uuid(), z.string()])
  .transform(([atMs, connectionId, itemId]): ItemPosition => ({ atMs, connectionId, itemId }))

export interface ItemRouteDeps {
  readonly database: Database
  readonly overdueAfter: OverdueAfter
}

/** One page of messages or files. */
export async function listItems(
  deps: ItemRouteDeps,
  query: Omit<ItemQuery, 'after'> & { readonly cursor: string | undefined },
): Promise<z.infer<typeof itemPageSchema>> {
  const { cursor, limit, ...wanted } = query
  const after = cursor === undefined ? null : decodeCursor(cursor, positionSchema)
  const rows = await itemsOf(deps.database, { ...wanted, after, limit: limit + 1 })
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(({ item, connectionId }) => ({ ...item, connectionId })),
    nextCursor:
      rows.length > limit && last ? encodeCursor([last.atMs, last.connectionId, last.itemId]) : null,
    sync: await connectionSyncs(deps, wanted.userId, wanted.service),
  }
}
