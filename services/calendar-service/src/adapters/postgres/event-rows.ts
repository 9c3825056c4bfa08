import { type Sql, sqlOf } from '@evergrant/event-store'
import type { ChangedCalendar, EventRows, StoredPage } from '../../application/ports.ts'
import { noCounts } from '../../domain/sync.ts'
import { withUnchanged } from '../../domain/unchanged.ts'
import { logChanges, type WrittenEvent } from './change-log.ts'
import { eventColumnNames, eventsAsJson, incomingColumns, latestById } from './event-columns.ts'
import { closingPhases, stagedPutAway, switchingPhases } from './event-slices.ts'
import { closed, isNews, returningClosed, upsertTail } from './event-statements.ts'
import { putAll, takeSlice } from './slices.ts'
import { stageEvents } from './stage-events.ts'

const written = `w.event_id as "eventId", w.etag, w.status = 'cancelled' as cancelled, b.etag as "etagBefore"`

const storeText = `
  with incoming as materialized (select * from jsonb_to_recordset($2::jsonb) as i ${incomingColumns}),
  before as materialized (
    select e.event_id, e.etag, e.status from calendar_event e join incoming i on i.event_id = e.event_id
     where e.calendar_id = $1),
  w as (
    insert into calendar_event (calendar_id, ${eventColumnNames}, raw)
    select $1, ${eventColumnNames.replace(/\w+/g, 'i.$&')}, i.raw
      from incoming i left join before b on b.event_id = i.event_id
     where ${isNews('b', 'i')}
    ${upsertTail}
    returning event_id, etag, status)
  select ${written} from w left join before b on b.event_id = w.event_id`

const notStaged = `not exists (select 1 from calendar_event_staged s
  where s.calendar_id = e.calendar_id and s.event_id = e.event_id)`

export const postgresEventRows: EventRows = {
  hasAny: async (unit, calendarId) => {
    const rows = await sqlOf(unit)('select 1 from calendar_event where calendar_id = $1 limit 1', [
      calendarId,
    ])
    return rows.length > 0
  },
  store: async (unit, page) => {
    const sql = sqlOf(unit)
    if (page.events.length === 0) return stored(sql, page, [])
    const rows = await sql<WrittenEvent>(storeText, [
      page.calendarId,
      eventsAsJson({ ...page, events: latestById(page.events) }),
    ])
    return withUnchanged(await stored(sql, page, rows), page.events.length)
  },
  stage: stageEvents,
  absent: async (unit, calendarId) => {
    const [found] = await sqlOf(unit)<{ readable: number; absent: number }>(
      `select count(*)::int as readable, (count(*) filter (where ${notStaged}))::int as absent
         from calendar_event e where e.calendar_id = $1 and e.status <> 'cancelled'`,
      [calendarId],
    )
    return found ?? { readable: 0, absent: 0 }
  },
  swap: async (unit, calendar, slice) => {
    const sql = sqlOf(unit)
    const { found, putAway, next } = await takeSlice(switchingPhases(sql, calendar.calendarId), slice)
    const [dropped = [], live = [], cancelled = [], swept = []] = found
    await logChanges(sql, calendar, dropped)
    const result = await stored(sql, calendar, [...live, ...cancelled, ...swept])
    return { ...result, swept: swept.length, listed: putAway, next }
  },
  discardStaged: async (unit, calendarId) => {
    await putAll(stagedPutAway(sqlOf(unit), calendarId))
  },
  closeAll: async (unit, calendar, slice) => {
    const sql = sqlOf(unit)
    const { found, next } = await takeSlice(closingPhases(sql, calendar.calendarId), slice)
    return { ...(await logged(sql, calendar, found.flat())), next }
  },
}

/** A cancelled series takes its exceptions along: Google does not name each of them. */
async function closeExceptions(
  sql: Sql,
  calendarId: string,
  written: readonly WrittenEvent[],
): Promise<WrittenEvent[]> {
  const cancelled = written.filter((row) => row.cancelled).map(({ eventId }) => eventId)
  if (cancelled.length === 0) return []
  return sql<WrittenEvent>(
    `update calendar_event e set ${closed}
      where e.calendar_id = $1 and e.recurring_event_id = any($2::text[]) and e.status <> 'cancelled'
    ${returningClosed}`,
    [calendarId, cancelled],
  )
}

async function stored(
  sql: Sql,
  calendar: ChangedCalendar,
  written: readonly WrittenEvent[],
): Promise<StoredPage> {
  return logged(sql, calendar, [...written, ...(await closeExceptions(sql, calendar.calendarId, written))])
}

async function logged(
  sql: Sql,
  calendar: ChangedCalendar,
  rows: readonly WrittenEvent[],
): Promise<StoredPage> {
  await logChanges(sql, calendar, rows)
  const deleted = rows.filter(({ cancelled }) => cancelled).length
  return {
    changes: rows.map(({ eventId, etag, cancelled }) => ({
      eventId,
      etag,
      kind: cancelled ? 'deleted' : 'upserted',
    })),
    counts: { ...noCounts, upserted: rows.length - deleted, deleted },
  }
}
