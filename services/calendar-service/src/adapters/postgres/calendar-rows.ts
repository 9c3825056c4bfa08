import { type Sql, sqlOf } from '@evergrant/event-store'
import type { CalendarRows } from '../../application/ports.ts'
import { type CalendarColumns, calendarColumns, calendarList } from './calendar-columns.ts'

export const postgresCalendarRows: CalendarRows = {
  store: async (unit, { connectionId, userId, generation, at, entries }) => {
    const { rows, json } = calendarColumns(connectionId, entries)
    const sql = sqlOf(unit)
    await sql(
      `insert into synced_resource (resource_id, kind, connection_id, user_id, google_id)
       select calendar_id, 'calendar', $2, $3, google_id
         from jsonb_to_recordset($1::jsonb) as e (calendar_id uuid, google_id text, gone boolean)
        where not gone
       on conflict (resource_id) do update set removed_at = null where synced_resource.removed_at is not null`,
      [json, connectionId, userId],
    )
    const upserted = await calendarList.upsert(sql, { connectionId, userId, generation, json })
    const goneIds = rows.filter(({ gone }) => gone).map((row) => row.calendar_id)
    const removedIds = await calendarList.remove(sql, goneIds, at.toISOString())
    await closeResources(sql, removedIds)
    const present: readonly CalendarColumns[] = rows.filter(({ gone }) => !gone)
    return {
      removedIds,
      listed: present.map(({ raw }) => raw),
      counts: {
        pages: 1,
        upserted,
        deleted: removedIds.length,
        unchanged: present.length - upserted,
      },
    }
  },
  sweep: async (unit, { connectionId, generation, at }) => {
    const sql = sqlOf(unit)
    const rows = await sql<{ calendarId: string }>(
      `select calendar_id as "calendarId" from calendar
        where connection_id = $1 and list_generation <> $2 and removed_at is null`,
      [connectionId, generation],
    )
    const unlisted = rows.map(({ calendarId }) => calendarId)
    const ids = await calendarList.remove(sql, unlisted, at.toISOString())
    await closeResources(sql, ids)
    return ids
  },
  toWalk: async (unit, connectionId) => {
    const rows = await sqlOf(unit)<{ calendarId: string }>(
      `select calendar_id as "calendarId" from calendar where connection_id = $1 and removed_at is null
       union
       select resource_id from synced_resource
        where connection_id = $1 and kind = 'calendar' and removed_at is not null and pass is not null
        order by 1`,
      [connectionId],
    )
    return rows.map(({ calendarId }) => calendarId)
  },
}

/** A calendar that comes back starts over: whatever its token promised, the events were closed meanwhile. */
async function closeResources(sql: Sql, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await sql(
    `update synced_resource set removed_at = now(), sync_token = null, pass = null where resource_id = any($1::uuid[])`,
    [ids],
  )
}
