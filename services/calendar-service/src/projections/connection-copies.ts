import type { Service } from '@evergrant/event-contracts'
import { type Database, epochMs, sqlOf } from '@evergrant/event-store'

export interface ConnectionCopyRow {
  readonly connectionId: string
  readonly connectionStatus: 'expected' | 'active' | 'paused'
  readonly connectionReason: string | null
  readonly underWay: boolean
  readonly failureReason: string | null
  readonly lastSyncedAtMs: number | null
  readonly ageMs: number | null
  readonly isWatched: boolean
  /** When what failed is tried again at the earliest; null when nothing did. */
  readonly retryAtMs: number | null
  /** Resources of the connection, how many of them were synced to their end at least once, and entries stored by the runs under way. */
  readonly parts: number
  readonly syncedParts: number
  readonly entries: number
}

/** How far can the copy of each of a user's connections be trusted? It is as old as its oldest part. Calendars say so one by
 * one, so that of a calendar connection only the list of them is meant: who reads no calendar hears why. */
export async function connectionCopies(
  database: Database,
  userId: string,
  service: Service,
): Promise<ConnectionCopyRow[]> {
  return sqlOf(database)<ConnectionCopyRow>(
    `select k.connection_id as "connectionId", k.status as "connectionStatus", k.reason as "connectionReason",
            r.failure as "failureReason", ${epochMs('r.synced_at')} as "lastSyncedAtMs",
            ${epochMs('(now() - r.synced_at)')} as "ageMs", ${epochMs('r.retry_at')} as "retryAtMs",
            w.under_way as "underWay", coalesce(r.watched, false) as "isWatched",
            p.parts, p.synced as "syncedParts", w.entries
       from known_connection k
       left join lateral (
         select min(failure_reason) as failure, min(not_before) filter (where failure_reason is not null) as retry_at,
                bool_and(coalesce(watched_until > now(), false)) as watched,
                case when bool_and(last_synced_at is not null) then min(last_synced_at) end as synced_at
           from synced_resource s
          where s.connection_id = k.connection_id and s.removed_at is null
            and (k.service <> 'calendar' or s.resource_id = k.connection_id)) r on true
       cross join lateral (
         select count(*)::int as parts, count(s.last_synced_at)::int as synced
           from synced_resource s where s.connection_id = k.connection_id and s.removed_at is null) p
       cross join lateral (
         select coalesce(bool_or(k.service <> 'calendar' or q.resource_id = k.connection_id), false) as under_way,
                coalesce(sum(q.upserted + q.unchanged), 0)::int as entries
           from resource_run q
          where q.connection_id = k.connection_id and q.state in ('queued', 'running')) w
      where k.user_id = $1 and k.service = $2 order by k.connection_id`,
    [userId, service],
  )
}
