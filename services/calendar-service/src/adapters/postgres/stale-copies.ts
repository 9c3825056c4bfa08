import { type Database, sqlOf } from '@evergrant/event-store'
import type { DueCopy, StaleCopies } from '../../application/ports.ts'

// Any fixed number: it only has to be this service's own.
const pollLock = 6_402_118

// A part that failed is tried again as soon as one that nobody watches: what Google says of it meanwhile was not taken in.
// A connection's first resource stands for it, and is looked at before its other parts: whatever they are like, it is not
// asked for again before its list has grown old.
const dueText = `
  with late as (
         select r.resource_id, r.connection_id, r.kind, r.last_synced_at
           from synced_resource r
          where r.removed_at is null and (r.not_before is null or r.not_before <= now())
            and (r.last_synced_at is null or r.last_synced_at < now() - $1::float8 * interval '1 millisecond')
            and (r.last_synced_at is null or r.last_synced_at < now() - $2::float8 * interval '1 millisecond'
                 or r.failure_reason is not null or r.watched_until is null or r.watched_until < now())),
       connections as (
         select r.connection_id, r.last_synced_at
           from known_connection k
           join synced_resource r on r.resource_id = k.connection_id
          where k.status = 'active'
            and (r.last_synced_at is null or r.last_synced_at < now() - $1::float8 * interval '1 millisecond')
            and (r.not_before is null or r.not_before <= now())
            and r.connection_id in (select connection_id from late where kind <> 'calendar')
            and not exists (select 1 from resource_run q
                             where q.connection_id = k.connection_id and q.state in ('queued', 'running'))),
       calendars as (
         select late.resource_id, late.connection_id, late.last_synced_at
           from late join known_connection k on k.connection_id = late.connection_id
          where late.kind = 'calendar' and k.status = 'active'
            and late.connection_id not in (select connection_id from connections)
            and not exists (select 1 from resource_run q
                             where q.resource_id in (late.resource_id, late.connection_id)
                               and q.state in ('queued', 'running')))
  select connection_id as "connectionId", null as "calendarId", last_synced_at from connections
  union all
  select connection_id, resource_id, last_synced_at from calendars
   order by last_synced_at nulls first limit $3`

export function createStaleCopies(database: Database): StaleCopies {
  return {
    take: async (unit, { staleAfterMs, backstopAfterMs, mostWaiting }) => {
      const sql = sqlOf(unit)
      const [lock] = await sql<{ held: boolean }>('select pg_try_advisory_xact_lock($1::int) as held', [
        pollLock,
      ])
      if (!lock?.held) return { due: [], isFull: false }
      // A connection's first resource stands for it, however many calendars wait besides.
      const [waiting] = await sql<{ connections: number }>(
        `select count(*)::int as connections from resource_run where state = 'queued' and resource_id = connection_id`,
      )
      const room = Math.max(0, mostWaiting - (waiting?.connections ?? 0))
      const rows = await sql<DueCopy>(dueText, [staleAfterMs, backstopAfterMs, room])
      const due = rows.map(({ connectionId, calendarId }) => ({ connectionId, calendarId }))
      return { due, isFull: rows.length === room }
    },
    forgetOldRuns: async (olderThanMs) => {
      await sqlOf(database)(
        `delete from resource_run where state in ('done', 'failed')
            and ended_at < now() - $1::float8 * interval '1 millisecond'`,
        [olderThanMs],
      )
    },
  }
}
