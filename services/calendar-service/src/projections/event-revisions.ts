import { type Database, epochMs, sqlOf } from '@evergrant/event-store'
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

export interface RevisionRow {
  readonly seq: number
  readonly atMs: number
  readonly kind: 'upserted' | 'deleted'
  readonly etag: string | null
  readonly etagBefore: string | null
  readonly cause: 'sync' | 'resync' | 'write' | 'calendar_gone'
  readonly causedBy: string | null
  readonly event: GoogleEvent | null
  readonly before: GoogleEvent | null
}

/** What happened to an event, newest first? */
export async function revisionsOf(
  database: Database,
  query: {
    readonly calendarIds: readonly string[]
    readonly eventId: string
    readonly before: number | null
    readonly limit: number
  },
): Promise<RevisionRow[]> {
  const { calendarIds, eventId, before, limit } = query
  return sqlOf(database)<RevisionRow>(
    `select * from (
       select seq::float8 as seq, ${epochMs('at')} as "atMs", kind, etag, etag_before as "etagBefore", cause,
              caused_by as "causedBy", event, lag(event) over (partition by calendar_id order by seq) as before
         from calendar_change
        where calendar_id = any($1::uuid[]) and event_id = $2 and (kind = 'upserted' or event is not null)) r
      where $3::float8 is null or seq < $3 order by seq desc limit $4`,
    [calendarIds, eventId, before, limit],
  )
}

/** In which calendars was an event ever seen? */
export async function calendarsThatKnew(
  database: Database,
  query: { readonly calendarIds: readonly string[]; readonly eventId: string },
): Promise<string[]> {
  const rows = await sqlOf(database)<{ id: string }>(
    'select distinct calendar_id as id from calendar_change where calendar_id = any($1::uuid[]) and event_id = $2',
    [query.calendarIds, query.eventId],
  )
  return rows.map(({ id }) => id)
}
