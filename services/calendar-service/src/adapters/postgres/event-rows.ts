import { type Sql, sqlOf } from '@evergrant/event-store'
import type { ChangedCalendar, EventRows, StoredPage } from '../../application/ports.ts'
import { logChanges, type WrittenEvent } from './change-log.ts'
import {
  eventColumnNames,
  eventsAsJson,
  incomingColumns,
  latestById,
  setFromExcluded,
} from './event-columns.ts'
import { stageEvents } from './stage-events.ts'

// A tombstone carries little more than an id: what was known of the event stays beneath it.
const upsertTail = `on conflict (calendar_id, event_id) do update set ${setFromExcluded
  .replace(
    'starts_at = excluded.starts_at',
    'starts_at = coalesce(excluded.starts_at, calendar_event.starts_at)',
  )
  .replace('ends_at = excluded.ends_at', 'ends_at = coalesce(excluded.ends_at, calendar_event.ends_at)')},
  raw = case when excluded.status = 'cancelled' then calendar_event.raw || excluded.raw else excluded.raw end`

const written = `w.event_id as "eventId", w.etag, w.status = 'cancelled' as cancelled, b.etag as "etagBefore"`

// A tombstone of an event nobody ever saw is no news; one of an occurrence is: it hides it. What is cancelled already is
// none either, whatever its etag: our own deletions have no answer that names one.
const isNews = (before: string, incoming: string) => `
  (${before}.event_id is null and (${incoming}.status <> 'cancelled' or ${incoming}.recurring_event_id is not null)
   or ${before}.event_id is not null
      and (${before}.etag, ${before}.status) is distinct from (${incoming}.etag, ${incoming}.status)
      and not (${before}.status = 'cancelled' and ${incoming}.status = 'cancelled'))`

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

const switchText = `
  with before as materialized (
    select e.event_id, e.etag, e.status from calendar_event e
      join calendar_event_staged s on s.calendar_id = e.calendar_id and s.event_id = e.event_id
     where e.calendar_id = $1 and s.raw is not null),
  w as (
    insert into calendar_event (calendar_id, ${eventColumnNames}, raw)
    select $1, ${eventColumnNames.replace(/\w+/g, 's.$&')}, s.raw
      from calendar_event_staged s left join before b on b.event_id = s.event_id
     where s.calendar_id = $1 and s.raw is not null and ${isNews('b', 's')}
    ${upsertTail}
    returning event_id, etag, status)
  select ${written} from w left join before b on b.event_id = w.event_id`

const closed = `status = 'cancelled', raw = e.raw || '{"status": "cancelled"}'`

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
    if (page.events.length === 0) return stored(sql, page, [], 0)
    const rows = await sql<WrittenEvent>(storeText, [
      page.calendarId,
      eventsAsJson({ ...page, events: latestById(page.events) }),
    ])
    return stored(sql, page, rows, page.events.length)
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
  swap: async (unit, calendar) => {
    const sql = sqlOf(unit)
    const { calendarId } = calendar
    const [{ total } = { total: 0 }] = await sql<{ total: number }>(
      'select count(*)::int as total from calendar_event_staged where calendar_id = $1',
      [calendarId],
    )
    const changed = await sql<WrittenEvent>(switchText, [calendarId])
    const swept = await sql<WrittenEvent>(
      `update calendar_event e set ${closed}
        where e.calendar_id = $1 and e.status <> 'cancelled' and ${notStaged}
      returning e.event_id as "eventId", e.etag, true as cancelled, e.etag as "etagBefore"`,
      [calendarId],
    )
    // An occurrence that is no longer cancelled at Google must not stay hidden here.
    const dropped = await sql<WrittenEvent>(
      `delete from calendar_event e
        where e.calendar_id = $1 and e.status = 'cancelled' and e.recurring_event_id is not null and ${notStaged}
          and e.event_id <> all($2::text[])
      returning e.event_id as "eventId", e.etag, true as cancelled, e.etag as "etagBefore"`,
      [calendarId, swept.map(({ eventId }) => eventId)],
    )
    await logChanges(sql, calendar, dropped)
    await sql('delete from calendar_event_staged where calendar_id = $1', [calendarId])
    const result = await stored(sql, calendar, [...changed, ...swept], total + swept.length)
    return { ...result, swept: swept.length }
  },
  discardStaged: async (unit, calendarId) => {
    await sqlOf(unit)('delete from calendar_event_staged where calendar_id = $1', [calendarId])
  },
  closeAll: async (unit, calendar) => {
    const sql = sqlOf(unit)
    const rows = await sql<WrittenEvent>(
      `update calendar_event e set ${closed} where e.calendar_id = $1 and e.status <> 'cancelled'
       returning e.event_id as "eventId", e.etag, true as cancelled, e.etag as "etagBefore"`,
      [calendar.calendarId],
    )
    await sql('delete from calendar_event_staged where calendar_id = $1', [calendar.calendarId])
    return stored(sql, calendar, rows, rows.length)
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
    returning e.event_id as "eventId", e.etag, true as cancelled, e.etag as "etagBefore"`,
    [calendarId, cancelled],
  )
}

async function stored(
  sql: Sql,
  calendar: ChangedCalendar,
  written: readonly WrittenEvent[],
  seen: number,
): Promise<StoredPage> {
  const rows = [...written, ...(await closeExceptions(sql, calendar.calendarId, written))]
  await logChanges(sql, calendar, rows)
  const deleted = rows.filter(({ cancelled }) => cancelled).length
  return {
    changes: rows.map(({ eventId, etag, cancelled }) => ({
      eventId,
      etag,
      kind: cancelled ? 'deleted' : 'upserted',
    })),
    counts: {
      pages: 0,
      upserted: rows.length - deleted,
      deleted,
      unchanged: Math.max(0, seen - rows.length),
    },
  }
}
