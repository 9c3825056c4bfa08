import type { Sql } from '@evergrant/event-store'
import type { ChangedItems } from '../../application/ports.ts'
import { firstPosition } from './feed-positions.ts'

export interface WrittenItem {
  readonly itemId: string
  readonly revision: string
  readonly deleted: boolean
}

/** Appends to the user's feed of a service. The position row is locked until the commit, so numbers appear in
 * the order they become readable: a reader at position n has missed nothing before n. */
export async function logItemChanges(
  sql: Sql,
  { service, connectionId, userId, at }: ChangedItems,
  rows: readonly WrittenItem[],
): Promise<void> {
  if (rows.length === 0) return
  const [{ last } = { last: 0 }] = await sql<{ last: number }>(
    `insert into google_item_position (user_id, service, last_seq) values ($1, $2, $3::bigint + ${firstPosition})
     on conflict (user_id, service) do update set last_seq = google_item_position.last_seq + $3::bigint
     returning last_seq::float8 as last`,
    [userId, service, rows.length],
  )
  await sql(
    `insert into google_item_change (user_id, service, seq, at, connection_id, item_id, kind, revision, item)
     select $1, $2, $3::bigint + c.nr, $4, $5, c.row->>'itemId',
            case when (c.row->>'deleted')::boolean then 'deleted' else 'upserted' end, c.row->>'revision', e.raw
       from jsonb_array_elements($6::jsonb) with ordinality as c (row, nr)
       left join google_item e on e.connection_id = $5 and e.item_id = c.row->>'itemId'`,
    [userId, service, last - rows.length, at.toISOString(), connectionId, JSON.stringify(rows)],
  )
}
