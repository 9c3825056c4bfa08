import { type Sql, sqlOf, type UnitOfWork } from '@evergrant/event-store'
import type { EventPageToStore } from '../../application/ports.ts'
import {
  eventColumnNames,
  eventsAsJson,
  incomingColumns,
  latestById,
  revisionOf,
  setFromExcluded,
} from './event-columns.ts'
import { jsonbParameter, storableText } from './jsonb-parameter.ts'

// What did not change is only staged not to be swept: it needs neither its body nor its columns.
const markText = `
  insert into calendar_event_staged (calendar_id, event_id, is_master)
  select $1, i.event_id, false
    from jsonb_to_recordset($2::jsonb) as i (event_id text, etag text, status text)
    join calendar_event e on e.calendar_id = $1 and e.event_id = i.event_id
     and e.etag is not distinct from i.etag and e.status is not distinct from i.status
  on conflict (calendar_id, event_id) do update set raw = null
  returning event_id as "eventId"`

const stageText = `
  insert into calendar_event_staged (calendar_id, ${eventColumnNames}, raw)
  select $1, ${eventColumnNames.replace(/\w+/g, 'i.$&')}, i.raw
    from jsonb_to_recordset($2::jsonb) as i ${incomingColumns}
  on conflict (calendar_id, event_id) do update set ${setFromExcluded}, raw = excluded.raw`

/** Puts a page beside what readers see. Most of a resync is unchanged, and only names travel to find that out. */
export async function stageEvents(unit: UnitOfWork, page: EventPageToStore): Promise<void> {
  const sql = sqlOf(unit)
  const events = latestById(page.events)
  const unchanged = await markUnchanged(sql, { ...page, events })
  const changed = events.filter(({ id }) => !unchanged.has(storableText(id)))
  if (changed.length === 0) return
  await sql(stageText, [page.calendarId, eventsAsJson({ ...page, events: changed })])
}

async function markUnchanged(
  sql: Sql,
  { calendarId, events, timesOnly }: EventPageToStore,
): Promise<ReadonlySet<string>> {
  const names = events.map((event) => ({ event_id: event.id, ...revisionOf(event, timesOnly === true) }))
  const rows = await sql<{ eventId: string }>(markText, [calendarId, jsonbParameter(names)])
  return new Set(rows.map(({ eventId }) => eventId))
}
