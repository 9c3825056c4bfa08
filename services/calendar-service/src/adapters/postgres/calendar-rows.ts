import { calendarIdOf } from '@evergrant/event-contracts'
import { sqlOf } from '@evergrant/event-store'
import type { CalendarRows, GoogleCalendarEntry } from '../../application/ports.ts'
import { jsonbParameter } from './jsonb-parameter.ts'

function text(entry: GoogleCalendarEntry, field: string): string | null {
  const value = entry[field]
  return typeof value === 'string' ? value : null
}

export const postgresCalendarRows: CalendarRows = {
  store: async (unit, { connectionId, userId, generation, entries }) => {
    const rows = entries.map((entry) => ({
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
    const latest = [...new Map(rows.map((row) => [row.calendar_id, row])).values()]
    const json = jsonbParameter(latest)
    const sql = sqlOf(unit)
    await sql(
      `insert into synced_resource (resource_id, kind, connection_id, user_id, google_id)
       select calendar_id, 'calendar', $2, $3, google_id
         from jsonb_to_recordset($1::jsonb) as e (calendar_id uuid, google_id text, gone boolean)
        where not gone
       on conflict (resource_id) do update set removed_at = null where synced_resource.removed_at is not null`,
      [json, connectionId, userId],
    )
    const changed = await sql<{ calendarId: string; gone: boolean }>(
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
         returning c.calendar_id, c.raw),
       removed as (
         update calendar c set removed_at = now() from entry e
          where c.calendar_id = e.calendar_id and e.gone and c.removed_at is null
         returning c.calendar_id)
       select w.calendar_id as "calendarId", false as gone from written w
         left join before b on b.calendar_id = w.calendar_id
        where b.calendar_id is null or b.raw <> w.raw or b.removed_at is not null
       union all select calendar_id, true from removed`,
      [json, connectionId, userId, generation],
    )
    const removedIds = changed.filter(({ gone }) => gone).map(({ calendarId }) => calendarId)
    await closeResources(sql, removedIds)
    const upserted = changed.length - removedIds.length
    return {
      removedIds,
      counts: {
        pages: 1,
        upserted,
        deleted: removedIds.length,
        unchanged: latest.filter(({ gone }) => !gone).length - upserted,
      },
    }
  },
  sweep: async (unit, connectionId, generation) => {
    const sql = sqlOf(unit)
    const rows = await sql<{ calendarId: string }>(
      `update calendar set removed_at = now()
        where connection_id = $1 and list_generation <> $2 and removed_at is null
      returning calendar_id as "calendarId"`,
      [connectionId, generation],
    )
    const ids = rows.map(({ calendarId }) => calendarId)
    await closeResources(sql, ids)
    return ids
  },
  present: async (unit, connectionId) => {
    const rows = await sqlOf(unit)<{ calendarId: string }>(
      `select calendar_id as "calendarId" from calendar
        where connection_id = $1 and removed_at is null order by calendar_id`,
      [connectionId],
    )
    return rows.map(({ calendarId }) => calendarId)
  },
}

/** A calendar that comes back starts over: whatever its token promised, the events were closed meanwhile. */
async function closeResources(sql: ReturnType<typeof sqlOf>, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await sql(
    `update synced_resource set removed_at = now(), sync_token = null, pass = null where resource_id = any($1::uuid[])`,
    [ids],
  )
}
