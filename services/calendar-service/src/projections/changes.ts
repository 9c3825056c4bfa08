import { type Database, epochMs, sqlOf } from '@evergrant/event-store'
import type { GoogleEvent } from '../domain/google-event.ts'

export interface ChangeRow {
  readonly seq: number
  readonly atMs: number
  readonly calendarId: string
  readonly connectionId: string
  readonly eventId: string
  readonly kind: 'upserted' | 'deleted'
  readonly etag: string | null
  readonly event: GoogleEvent | null
}

/** What changed after a position, in the order it became readable? */
export async function changesAfter(
  database: Database,
  query: { readonly userId: string; readonly after: number; readonly limit: number },
): Promise<ChangeRow[]> {
  return sqlOf(database)<ChangeRow>(
    `select seq::float8 as seq, ${epochMs('at')} as "atMs", calendar_id as "calendarId",
            connection_id as "connectionId", event_id as "eventId", kind, etag, event
       from calendar_change
      where user_id = $1 and seq > $2 and (kind = 'upserted' or event is not null) order by seq limit $3`,
    [query.userId, query.after, query.limit],
  )
}

/** The position of the newest change; 0 before the first. */
export async function lastChange(database: Database, userId: string): Promise<number> {
  const rows = await sqlOf(database)<{ last: number }>(
    'select last_seq::float8 as last from change_position where user_id = $1',
    [userId],
  )
  return rows[0]?.last ?? 0
}
