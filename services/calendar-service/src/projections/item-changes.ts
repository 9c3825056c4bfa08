import { type Database, epochMs, sqlOf } from '@evergrant/event-store'
import type { ItemRow, ItemService } from './items.ts'

export interface ItemChangeRow {
  readonly seq: number
  readonly atMs: number
  readonly connectionId: string
  readonly itemId: string
  readonly kind: 'upserted' | 'deleted'
  readonly revision: string
  readonly item: ItemRow['item'] | null
}

/** Which messages or files changed after a position, in the order it became readable? */
export async function itemChangesAfter(
  database: Database,
  query: {
    readonly userId: string
    readonly service: ItemService
    readonly after: number
    readonly limit: number
  },
): Promise<ItemChangeRow[]> {
  const { userId, service, after, limit } = query
  return sqlOf(database)<ItemChangeRow>(
    `select seq::float8 as seq, ${epochMs('at')} as "atMs", connection_id as "connectionId", item_id as "itemId",
            kind, revision, item
       from google_item_change where user_id = $1 and service = $2 and seq > $3 order by seq limit $4`,
    [userId, service, after, limit],
  )
}

/** The position of the newest change; 0 before the first. */
export async function lastItemChange(
  database: Database,
  userId: string,
  service: ItemService,
): Promise<number> {
  const rows = await sqlOf(database)<{ last: number }>(
    'select last_seq::float8 as last from google_item_position where user_id = $1 and service = $2',
    [userId, service],
  )
  return rows[0]?.last ?? 0
}
