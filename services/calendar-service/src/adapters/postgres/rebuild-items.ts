import { type Rebuildable, type Sql, sqlOf } from '@evergrant/event-store'
import type { GoogleItem } from '../../domain/google-item.ts'
import { itemColumns } from '../../domain/item-columns.ts'
import { ownDrive, resourceStream } from '../../domain/resource-facts.ts'

interface Place {
  readonly resourceId: string
  readonly connectionId: string
  readonly userId: string
  readonly service: 'drive' | 'gmail'
  /** Of a drive log: whose files it keeps. */
  readonly driveId: string | null
}

const atOnce = 500

/** Messages and files, from the log of their changes; what lists and searches use is worked out anew. */
export const rebuildItems: Rebuildable = {
  name: 'google-items',
  streamTypes: [resourceStream('mailbox', '').streamType, resourceStream('drive', '').streamType],
  tables: ['google_item'],
  rebuild: async (unit, streamId) => {
    const sql = sqlOf(unit)
    const place = await lockPlace(sql, streamId)
    if (place === null) return { rows: 0, wrong: 0 }
    const newest = await newestOf(sql, place)
    let wrong = await dropOthers(sql, place, newest)
    for (let next = 0; next < newest.length; next += atOnce) {
      wrong += await mend(sql, place, newest.slice(next, next + atOnce))
    }
    return { rows: newest.length, wrong }
  },
}

/** All of the connection: what another of its logs takes over while this one is rebuilt would be taken back. Its first
 * resource comes first, as in every run. */
async function lockPlace(sql: Sql, streamId: string): Promise<Place | null> {
  const rows = await sql<Place>(
    `select resource_id as "resourceId", connection_id as "connectionId", user_id as "userId",
            case kind when 'mailbox' then 'gmail' else 'drive' end as service,
            case kind when 'drive' then google_id end as "driveId"
       from synced_resource
      where connection_id = (select connection_id from synced_resource where resource_id = $1)
      order by resource_id <> connection_id, resource_id for update`,
    [streamId.replace(/^[a-z]+-/, '')],
  )
  return rows.find(({ resourceId }) => streamId.endsWith(resourceId)) ?? null
}

interface Newest {
  readonly seq: number
  readonly itemId: string
}

/** Where the log last speaks of each item that is in this place. */
function newestOf(sql: Sql, { userId, service, connectionId, driveId }: Place): Promise<Newest[]> {
  return sql<Newest>(
    `select n.seq::float8 as seq, n.item_id as "itemId"
       from (select distinct on (item_id) item_id, seq, kind, coalesce(item->>'driveId', '${ownDrive}') as drive
               from google_item_change where user_id = $1 and service = $2 and connection_id = $3
              order by item_id, seq desc) n
      where n.kind = 'upserted' and ($4::text is null or n.drive = $4)
      order by n.seq`,
    [userId, service, connectionId, driveId],
  )
}

async function dropOthers(sql: Sql, { resourceId }: Place, newest: readonly Newest[]): Promise<number> {
  const rows = await sql(
    `delete from google_item g where g.resource_id = $1
        and not exists (select from unnest($2::text[]) as n (item_id) where n.item_id = g.item_id)
     returning 1`,
    [resourceId, newest.map(({ itemId }) => itemId)],
  )
  return rows.length
}

async function mend(sql: Sql, place: Place, newest: readonly Newest[]): Promise<number> {
  const { userId, service, connectionId, resourceId } = place
  const seqs = newest.map(({ seq }) => seq)
  const logged = await sql<{ seq: number; item: GoogleItem['raw'] }>(
    `select seq::float8 as seq, item from google_item_change
      where user_id = $1 and service = $2 and seq = any($3::bigint[])`,
    [userId, service, seqs],
  )
  const columns = logged.map(({ seq, item }) => {
    const { atMs, facets } = itemColumns[service](item)
    return { seq, at_ms: atMs, facets }
  })
  const rows = await sql(
    `with expected as (
       select c.item_id, c.revision, d.at_ms, d.facets, c.item as raw
         from jsonb_to_recordset($5::jsonb) as d (seq bigint, at_ms bigint, facets jsonb)
         -- The array once more: it keeps every plan on the key, and off the rest of the feed.
         join google_item_change c
           on c.user_id = $3 and c.service = $4 and c.seq = any($6::bigint[]) and c.seq = d.seq)
     insert into google_item as g
       (connection_id, item_id, resource_id, user_id, service, revision, at_ms, facets, raw)
     select $1, x.item_id, $2, $3, $4, x.revision, x.at_ms, x.facets, x.raw from expected x
     on conflict (connection_id, item_id) do update set resource_id = excluded.resource_id,
       user_id = excluded.user_id, service = excluded.service, revision = excluded.revision, at_ms = excluded.at_ms,
       facets = excluded.facets, raw = excluded.raw
      where (g.resource_id, g.user_id, g.service, g.revision, g.at_ms, g.facets, g.raw)
            is distinct from (excluded.resource_id, excluded.user_id, excluded.service, excluded.revision,
                              excluded.at_ms, excluded.facets, excluded.raw)
     returning 1`,
    [connectionId, resourceId, userId, service, JSON.stringify(columns), seqs],
  )
  return rows.length
}
