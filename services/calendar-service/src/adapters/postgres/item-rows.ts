import { type Sql, sqlOf } from '@evergrant/event-store'
import type { ChangedItems, ItemRows, StoredPage } from '../../application/ports.ts'
import type { GoogleItem } from '../../domain/google-item.ts'
import { noCounts } from '../../domain/sync.ts'
import { withUnchanged } from '../../domain/unchanged.ts'
import { logItemChanges, type WrittenItem } from './item-change-log.ts'
import { closingItems, stagedItemsPutAway, switchingItems, upsertTail } from './item-slices.ts'
import { jsonbParameter, storableText } from './jsonb-parameter.ts'
import { putAll, takeSlice } from './slices.ts'

const incoming = `jsonb_to_recordset($1::jsonb)
  as i (item_id text, revision text, deleted boolean, at_ms bigint, facets jsonb, raw jsonb)`

// What another resource of the connection has taken over since is that one's to delete.
const storeText = `
  with incoming as materialized (select * from ${incoming}),
  w as (
    insert into google_item (connection_id, item_id, resource_id, user_id, service, revision, at_ms, facets, raw)
    select $2, i.item_id, $3, $4, $5, i.revision, i.at_ms, i.facets, i.raw
      from incoming i left join google_item b on b.connection_id = $2 and b.item_id = i.item_id
     where not i.deleted
       and (b.item_id is null or (b.revision, b.resource_id) is distinct from (i.revision, $3::uuid))
    ${upsertTail}),
  d as (
    delete from google_item b using incoming i
     where b.connection_id = $2 and b.resource_id = $3 and b.item_id = i.item_id and i.deleted
    returning b.item_id as "itemId", b.revision, true as deleted)
  select * from w union all select * from d`

const stageText = `
  with incoming as materialized (select * from ${incoming}),
  gone as (
    delete from google_item_staged s using incoming i
     where s.resource_id = $3 and s.item_id = i.item_id and i.deleted)
  insert into google_item_staged (resource_id, item_id, revision, at_ms, facets, raw)
  select $3, i.item_id, i.revision, i.at_ms, i.facets,
         case when (b.revision, b.resource_id) is not distinct from (i.revision, $3::uuid) then null else i.raw end
    from incoming i left join google_item b on b.connection_id = $2 and b.item_id = i.item_id
   where not i.deleted
  on conflict (resource_id, item_id) do update set revision = excluded.revision, at_ms = excluded.at_ms,
    facets = excluded.facets, raw = excluded.raw`

const notStaged = `not exists (select 1 from google_item_staged s
  where s.resource_id = b.resource_id and s.item_id = b.item_id)`

/** Gmail messages and Drive files: the newest revision of each, as metadata. What is deleted is gone; the feed remembers. */
export const postgresItemRows: ItemRows = {
  hasAny: async (unit, resourceId) => {
    const rows = await sqlOf(unit)('select 1 from google_item where resource_id = $1 limit 1', [resourceId])
    return rows.length > 0
  },
  store: async (unit, { items, ...where }) => {
    const sql = sqlOf(unit)
    if (items.length === 0) return stored(sql, where, [])
    const { connectionId, resourceId, userId, service } = where
    const rows = await sql<WrittenItem>(storeText, [asJson(items), connectionId, resourceId, userId, service])
    return withUnchanged(await stored(sql, where, rows), items.length)
  },
  stage: async (unit, { items, connectionId, resourceId }) => {
    await sqlOf(unit)(stageText, [asJson(items), connectionId, resourceId])
  },
  absent: async (unit, resourceId) => {
    const [found] = await sqlOf(unit)<{ readable: number; absent: number }>(
      `select count(*)::int as readable, (count(*) filter (where ${notStaged}))::int as absent
         from google_item b where b.resource_id = $1`,
      [resourceId],
    )
    return found ?? { readable: 0, absent: 0 }
  },
  swap: async (unit, where, slice) => {
    const sql = sqlOf(unit)
    const { found, putAway, next } = await takeSlice(switchingItems(sql, where), slice)
    const [changed = [], swept = []] = found
    const result = await stored(sql, where, [...changed, ...swept])
    return { ...result, swept: swept.length, listed: putAway, next }
  },
  discardStaged: async (unit, resourceId) => {
    await putAll(stagedItemsPutAway(sqlOf(unit), resourceId))
  },
  closeAll: async (unit, where, slice) => {
    const sql = sqlOf(unit)
    const { found, next } = await takeSlice(closingItems(sql, where), slice)
    return { ...(await stored(sql, where, found.flat())), next }
  },
}

function asJson(items: readonly GoogleItem[]): Buffer {
  // The same id twice on a page: the later one is the newer one.
  const latest = new Map(items.map((item) => [storableText(item.id), item]))
  const rows = [...latest.values()].map(({ id, atMs, ...item }) => ({ ...item, item_id: id, at_ms: atMs }))
  return jsonbParameter(rows)
}

async function stored(sql: Sql, where: ChangedItems, rows: readonly WrittenItem[]): Promise<StoredPage> {
  await logItemChanges(sql, where, rows)
  const deleted = rows.filter((row) => row.deleted).length
  return {
    changes: rows.map((row) => ({
      eventId: row.itemId,
      etag: row.revision,
      kind: row.deleted ? 'deleted' : 'upserted',
    })),
    counts: { ...noCounts, upserted: rows.length - deleted, deleted },
  }
}
