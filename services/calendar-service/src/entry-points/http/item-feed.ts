import type { Database } from '@evergrant/event-store'
import { decodeCursor, encodeCursor } from '@evergrant/service-runtime'
import { z } from 'zod'
import { type ItemChangeRow, itemChangesAfter, lastItemChange } from '../../projections/item-changes.ts'
import type { ItemService } from '../../projections/items.ts'

/** What every change says, whatever changed. */
export const changeShape = {
  cursor: z.string(),
  at: z.string(),
  connectionId: z.uuid(),
  kind: z.enum(['upserted', 'deleted']),
  etag: z.string().nullable(),
}

export interface ItemFeedPage {
  readonly rows: readonly ItemChangeRow[]
  readonly nextCursor: string
  readonly hasMore: boolean
}

/** A page of a service's change feed: every change once, in the order it became readable. */
export async function readItemFeed(
  database: Database,
  query: {
    readonly userId: string
    readonly service: ItemService
    readonly cursor: string | undefined
    readonly limit: number
  },
): Promise<ItemFeedPage> {
  const { userId, service, cursor, limit } = query
  if (cursor === 'now') {
    const last = await lastItemChange(database, userId, service)
    return { rows: [], nextCursor: encodeCursor(last), hasMore: false }
  }
  const after = cursor === undefined ? 0 : decodeCursor(cursor, z.int().nonnegative())
  const rows = await itemChangesAfter(database, { userId, service, after, limit: limit + 1 })
  const shown = rows.slice(0, limit)
  return { rows: shown, nextCursor: encodeCursor(shown.at(-1)?.seq ?? after), hasMore: rows.length > limit }
}

/** A change without the id and the item, which are called differently in each feed. */
export function changeOf({ seq, atMs, connectionId, kind, revision }: ItemChangeRow) {
  const at = new Date(atMs).toISOString()
  return { cursor: encodeCursor(seq), at, connectionId, kind, etag: revision }
}
