import { type Database, sqlOf } from '@evergrant/event-store'

export interface WritableCalendar {
  readonly id: string
  readonly connectionId: string
  readonly googleId: string
  readonly timeZone: string
  readonly accessRole: string | null
}

/** Where is a calendar at Google, and what may its user do there? null for one that is not theirs. */
export async function calendarToWrite(
  database: Database,
  query: { readonly userId: string; readonly calendarId: string },
): Promise<WritableCalendar | null> {
  const rows = await sqlOf(database)<WritableCalendar>(
    `select calendar_id as id, connection_id as "connectionId", google_id as "googleId",
            coalesce(time_zone, 'UTC') as "timeZone", access_role as "accessRole"
       from calendar where calendar_id = $1 and user_id = $2 and removed_at is null`,
    [query.calendarId, query.userId],
  )
  return rows[0] ?? null
}
