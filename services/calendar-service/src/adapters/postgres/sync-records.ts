import { type RowsOfStreams, sqlOf } from '@evergrant/event-store'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

// The newest sync of every resource stays, whatever became of it. A sync of several connections is found by its first.
const freeText = `
  with there as materialized (
    select s.* from sync_status s where s.sync_id = any($1::uuid[]) for update skip locked)
  select s.sync_id::text as id from there s
   where not exists (
     select from unnest(case when s.calendar_id is null then s.connection_ids else array[s.calendar_id] end) as r(id)
      where not exists (
        select from sync_status n
         where coalesce(n.calendar_id, n.connection_ids[1]) = r.id
           and n.requested_at >= s.requested_at and (n.requested_at, n.sync_id) > (s.requested_at, s.sync_id))
        and not exists (
        select from sync_status n
         where coalesce(n.calendar_id, n.connection_ids[1]) = s.connection_ids[1]
           and n.calendar_id is null and r.id = any(n.connection_ids)
           and n.requested_at >= s.requested_at and (n.requested_at, n.sync_id) > (s.requested_at, s.sync_id)))
  union all
  select k.id::text from unnest($1::uuid[]) as k(id) where not exists (select from sync_status s where s.sync_id = k.id)`

/** The rows that answer how syncs stand. A sync that was refused has none. */
export const syncRecords: RowsOfStreams = {
  lock: async (unit, streamIds) => {
    const free = await sqlOf(unit)<{ id: string }>(freeText, [syncIdsOf(streamIds)])
    const ids = new Set(free.map(({ id }) => id))
    return streamIds.filter((streamId) => ids.has(syncIdOf(streamId).toLowerCase()))
  },
  forget: async (unit, streamIds) => {
    await sqlOf(unit)('delete from sync_status where sync_id = any($1::uuid[])', [syncIdsOf(streamIds)])
  },
}

const syncIdOf = (streamId: string) => streamId.slice('sync-'.length)

const syncIdsOf = (streamIds: readonly string[]) => streamIds.map(syncIdOf).filter((id) => uuid.test(id))
