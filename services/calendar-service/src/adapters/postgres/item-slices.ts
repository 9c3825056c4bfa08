import type { Sql } from '@evergrant/event-store'
import type { ChangedItems } from '../../application/ports.ts'
import type { WrittenItem } from './item-change-log.ts'
import { lookingPhase, type Phase } from './slices.ts'

/** How an item replaces the revision that is there, whichever resource of the connection it was in. */
export const upsertTail = `
  on conflict (connection_id, item_id) do update set resource_id = excluded.resource_id,
    revision = excluded.revision, at_ms = excluded.at_ms, facets = excluded.facets, raw = excluded.raw
  returning item_id as "itemId", revision, false as deleted`

const row = ({ itemId, revision, deleted }: WrittenItem): WrittenItem => ({ itemId, revision, deleted })

const switchToStaged = {
  id: 's.item_id',
  columns: 's.item_id, s.revision, s.at_ms, s.facets, s.raw',
  from: 'google_item_staged s where s.resource_id = $2 and s.raw is not null',
  write: `w as (
    insert into google_item (connection_id, item_id, resource_id, user_id, service, revision, at_ms, facets, raw)
    select $3, item_id, $2, $4, $5, revision, at_ms, facets, raw from looked
    ${upsertTail})`,
}

const itemsOfResource = {
  id: 'b.item_id',
  columns: 'b.revision',
  from: 'google_item b where b.connection_id = $3 and b.resource_id = $2',
}
const deleting = (which: string) => `w as (
  delete from google_item b where b.connection_id = $3 and b.item_id = any(array(${which}))
  returning b.item_id as "itemId", b.revision, true as deleted)`

// A lateral join with a limit is a look at one row by its key; nothing tempts the planner to read the other table whole.
const deleteUnlisted = {
  ...itemsOfResource,
  write: deleting(`
    select l.id from looked l left join lateral (
      select true as kept from google_item_staged s where s.resource_id = $2 and s.item_id = l.id limit 1) s on true
     where s.kept is null`),
}
const deleteAll = { ...itemsOfResource, write: deleting('select id from looked') }

/** The staged generation is of no use any more. */
export function stagedItemsPutAway(sql: Sql, resourceId: string): Phase<WrittenItem> {
  return lookingPhase(sql, {
    id: 's.item_id',
    columns: 'null as nothing',
    from: 'google_item_staged s where s.resource_id = $2',
    write: `gone as (
        delete from google_item_staged s where s.resource_id = $2 and s.item_id = any(array(select id from looked))),
      w as (select where false)`,
    params: [resourceId],
    row,
    isPuttingAway: true,
  })
}

/** Readers switch to a staged generation: first to what it has, then what it does not have goes. */
export function switchingItems(
  sql: Sql,
  { resourceId, connectionId, userId, service }: ChangedItems,
): readonly Phase<WrittenItem>[] {
  return [
    lookingPhase(sql, { ...switchToStaged, params: [resourceId, connectionId, userId, service], row }),
    lookingPhase(sql, { ...deleteUnlisted, params: [resourceId, connectionId], row }),
    stagedItemsPutAway(sql, resourceId),
  ]
}

/** Everything goes. */
export function closingItems(
  sql: Sql,
  { resourceId, connectionId }: ChangedItems,
): readonly Phase<WrittenItem>[] {
  return [
    lookingPhase(sql, { ...deleteAll, params: [resourceId, connectionId], row }),
    stagedItemsPutAway(sql, resourceId),
  ]
}
