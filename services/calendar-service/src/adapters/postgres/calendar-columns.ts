import { calendarIdOf } from '@evergrant/event-contracts'
import type { Sql } from '@evergrant/event-store'
import type { GoogleCalendarEntry } from '../../domain/resource-facts.ts'
import { storableJson } from './jsonb-parameter.ts'

export interface CalendarColumns {
  readonly calendar_id: string
  readonly gone: boolean
  readonly raw: GoogleCalendarEntry
}

/** Entries of a list as rows: Google's entry, and beside it what queries name. `json` is what PostgreSQL takes, and the rows
 * are as it will give them back. */
export function calendarColumns(
  connectionId: string,
  entries: readonly GoogleCalendarEntry[],
): { readonly rows: readonly CalendarColumns[]; readonly json: string } {
  const columns = entries.map((entry) => ({
    calendar_id: calendarIdOf(connectionId, entry.id),
    google_id: entry.id,
    etag: text(entry, 'etag'),
    // The user's own name for a calendar wins over its owner's.
    summary: text(entry, 'summaryOverride') ?? text(entry, 'summary'),
    time_zone: text(entry, 'timeZone'),
    is_primary: entry.primary === true,
    access_role: text(entry, 'accessRole'),
    gone: entry.deleted === true,
    raw: entry,
  }))
  // The same calendar twice on a page: the later entry is the newer one.
  const json = storableJson([...new Map(columns.map((row) => [row.calendar_id, row])).values()])
  return { rows: JSON.parse(json), json }
}

function text(entry: GoogleCalendarEntry, field: string): string | null {
  const value = entry[field]
  return typeof value === 'string' ? value : null
}

/** The statements that write a list, for those that keep it and for those that rebuild it. */
export const calendarList = {
  /** Writes what is listed; returns how much of it is news. */
  async upsert(
    sql: Sql,
    list: {
      readonly connectionId: string
      readonly userId: string
      readonly generation: number
      readonly json: string
    },
  ): Promise<number> {
    const changed = await sql(
      `with entry as (
         select * from jsonb_to_recordset($1::jsonb) as e (calendar_id uuid, google_id text, etag text, summary text,
           time_zone text, is_primary boolean, access_role text, gone boolean, raw jsonb)),
       before as (
         select c.calendar_id, c.raw, c.removed_at from calendar c join entry e on e.calendar_id = c.calendar_id),
       written as (
         insert into calendar as c (calendar_id, connection_id, user_id, google_id, summary, time_zone, is_primary,
           access_role, etag, list_generation, removed_at, raw)
         select e.calendar_id, $2, $3, e.google_id, e.summary, e.time_zone, e.is_primary, e.access_role, e.etag, $4,
                null, e.raw
           from entry e where not e.gone
         on conflict (calendar_id) do update set summary = excluded.summary, time_zone = excluded.time_zone,
           is_primary = excluded.is_primary, access_role = excluded.access_role, etag = excluded.etag,
           list_generation = excluded.list_generation, removed_at = null, raw = excluded.raw
         returning c.calendar_id, c.raw)
       select from written w left join before b on b.calendar_id = w.calendar_id
        where b.calendar_id is null or b.raw <> w.raw or b.removed_at is not null`,
      [list.json, list.connectionId, list.userId, list.generation],
    )
    return changed.length
  },
  /** Marks calendars as gone; returns those that were there. */
  async remove(sql: Sql, ids: readonly string[], at: string): Promise<readonly string[]> {
    if (ids.length === 0) return []
    const rows = await sql<{ calendarId: string }>(
      `update calendar set removed_at = $2 where calendar_id = any($1::uuid[]) and removed_at is null
       returning calendar_id as "calendarId"`,
      [ids, at],
    )
    return rows.map(({ calendarId }) => calendarId)
  },
}
