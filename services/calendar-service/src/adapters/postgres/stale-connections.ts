import { type Database, sqlOf } from '@evergrant/event-store'
import type { StaleConnections } from '../../application/ports.ts'

// Any fixed number: it only has to be this service's own.
const pollLock = 6_402_118

export function createStaleConnections(database: Database): StaleConnections {
  return {
    take: async (unit, { staleAfterMs, mostWaiting }) => {
      const sql = sqlOf(unit)
      const [lock] = await sql<{ held: boolean }>('select pg_try_advisory_xact_lock($1::int) as held', [
        pollLock,
      ])
      if (!lock?.held) return { connectionIds: [], isFull: false }
      // A connection's first resource stands for it, however many calendars wait besides.
      const [waiting] = await sql<{ connections: number }>(
        `select count(*)::int as connections from resource_run where state = 'queued' and resource_id = connection_id`,
      )
      const room = Math.max(0, mostWaiting - (waiting?.connections ?? 0))
      const rows = await sql<{ id: string }>(
        `select k.connection_id as id from known_connection k
           join synced_resource r on r.resource_id = k.connection_id
          where k.status = 'active'
            and (r.last_synced_at is null or r.last_synced_at < now() - $1::float8 * interval '1 millisecond')
            and (r.not_before is null or r.not_before <= now())
            and not exists (select 1 from resource_run q
                             where q.connection_id = k.connection_id and q.state in ('queued', 'running'))
          order by r.last_synced_at nulls first limit $2`,
        [staleAfterMs, room],
      )
      return { connectionIds: rows.map(({ id }) => id), isFull: rows.length === room }
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
