import { type Database, sqlOf } from '@evergrant/event-store'
import type { GoogleEvent } from '../domain/google-event.ts'

/** What was an event like when it had an etag? null when that was never seen. */
export async function revisionOf(
  database: Database,
  query: { readonly calendarId: string; readonly eventId: string; readonly etag: string },
): Promise<GoogleEvent | null> {
  const rows = await sqlOf(database)<{ event: GoogleEvent }>(
    `select event from calendar_change
      where calendar_id = $1 and event_id = $2 and etag = $3 and kind = 'upserted' and event is not null
      order by seq desc limit 1`,
    [query.calendarId, query.eventId, query.etag],
  )
  return rows[0]?.event ?? null
}
