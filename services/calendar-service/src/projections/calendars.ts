import { type Database, epochMs, sqlOf } from '@evergrant/event-store'

export interface CalendarRow {
  readonly id: string
  readonly connectionId: string
  readonly googleId: string
  readonly summary: string | null
  readonly timeZone: string | null
  readonly primary: boolean
  readonly accessRole: string | null
  readonly lastSyncedAtMs: number | null
  /** ms since the last complete sync, by the database's clock. */
  readonly ageMs: number | null
  readonly failureReason: string | null
  readonly underWay: boolean
  readonly isWatched: boolean
  readonly connectionStatus: 'expected' | 'active' | 'paused'
  readonly connectionReason: string | null
}

/** Which calendars does a user have, and how fresh is each? */
export async function calendarsOf(
  database: Database,
  query: { readonly userId: string; readonly after: string | null; readonly limit: number },
): Promise<CalendarRow[]> {
  return sqlOf(database)<CalendarRow>(
    `select c.calendar_id as id, c.connection_id as "connectionId", c.google_id as "googleId", c.summary,
            c.time_zone as "timeZone", c.is_primary as "primary", c.access_role as "accessRole",
            ${epochMs('r.last_synced_at')} as "lastSyncedAtMs", ${epochMs('(now() - r.last_synced_at)')} as "ageMs",
            coalesce(r.failure_reason, l.failure_reason) as "failureReason", k.status as "connectionStatus", k.reason as "connectionReason",
            exists (select 1 from resource_run q where q.resource_id = c.calendar_id
                       and q.state in ('queued', 'running')) as "underWay",
            coalesce(r.watched_until > now(), false) as "isWatched"
       from calendar c
       join synced_resource r on r.resource_id = c.calendar_id
       -- What keeps the list from being read keeps its calendars from being synced.
       left join synced_resource l on l.resource_id = c.connection_id
       join known_connection k on k.connection_id = c.connection_id
      where c.user_id = $1 and c.removed_at is null and ($2::uuid is null or c.calendar_id > $2::uuid)
      order by c.calendar_id limit $3`,
    [query.userId, query.after, query.limit],
  )
}

export interface SyncedCalendar {
  readonly id: string
  readonly connectionId: string
  readonly timeZone: string
}

/** The calendars a user may read, or the one asked for if it is theirs. */
export async function readableCalendars(
  database: Database,
  userId: string,
  calendarId: string | null,
): Promise<SyncedCalendar[]> {
  return sqlOf(database)<SyncedCalendar>(
    `select calendar_id as id, connection_id as "connectionId", coalesce(time_zone, 'UTC') as "timeZone" from calendar
      where user_id = $1 and removed_at is null and ($2::uuid is null or calendar_id = $2::uuid)
      order by calendar_id`,
    [userId, calendarId],
  )
}
