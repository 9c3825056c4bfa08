import { createHash } from 'node:crypto'
import type { EventPageToStore } from '../../application/ports.ts'
import {
  eventTime,
  type GoogleEvent,
  instantOfTime,
  isCancelled,
  originalStartKey,
  recurrenceOf,
  textOf,
} from '../../domain/google-event.ts'
import { latestKey, readRecurrence } from '../../domain/recurrence-lines.ts'
import { usableZone } from '../../domain/zoned-time.ts'
import { jsonbParameter, storableText } from './jsonb-parameter.ts'

/** How `jsonb_to_recordset` reads a page. */
export const incomingColumns = `(event_id text, etag text, status text, starts_at timestamptz, ends_at timestamptz,
  is_master boolean, recurring_event_id text, original_start bigint, raw jsonb)`

export const eventColumnNames =
  'event_id, etag, status, starts_at, ends_at, is_master, recurring_event_id, original_start'

/** For `do update set`: everything but what the conflict is about. */
export const setFromExcluded = eventColumnNames
  .split(', ')
  .filter((name) => name !== 'event_id')
  .map((name) => `${name} = excluded.${name}`)
  .join(', ')

const dayMs = 86_400_000

type PageOfEvents = Pick<EventPageToStore, 'events' | 'timeZone' | 'timesOnly'>

/** Events as one parameter: Google's event, and beside it what queries search by. */
export function eventsAsJson({ events, timeZone, timesOnly }: PageOfEvents): Buffer {
  return jsonbParameter(events.map((event) => columnsOf(event, timeZone, timesOnly === true)))
}

/** The same id twice on a page: the later revision wins. */
export function latestById(events: readonly GoogleEvent[]): GoogleEvent[] {
  return [...new Map(events.map((event) => [storableText(event.id), event])).values()]
}

/** What tells one revision of an event from another. */
export function revisionOf(
  event: GoogleEvent,
  timesOnly: boolean,
): { readonly etag: string | null; readonly status: string } {
  const cancelled = isCancelled(event)
  const etag = textOf(event, 'etag') ?? (cancelled ? null : fingerprint(event))
  const status = cancelled ? 'cancelled' : (textOf(event, 'status') ?? 'confirmed')
  return { etag: timesOnly ? weak(etag) : etag, status }
}

function columnsOf(event: GoogleEvent, calendarZone: string, timesOnly: boolean) {
  const start = eventTime(event.start, calendarZone)
  const end = eventTime(event.end, calendarZone)
  const startMs = start && instantOfTime(start, calendarZone)
  const endMs = end && instantOfTime(end, calendarZone)
  const lines = recurrenceOf(event)
  const isMaster = lines.length > 0 && start !== null
  return {
    event_id: event.id,
    ...revisionOf(event, timesOnly),
    starts_at: timeText(startMs),
    ends_at: timeText(isMaster ? seriesEnd() : lastMoment(startMs, endMs)),
    is_master: isMaster,
    recurring_event_id: textOf(event, 'recurringEventId'),
    original_start: originalStartKey(event, calendarZone),
    raw: event,
  }

  /** null while the series may go on forever; a day more than needed does no harm. */
  function seriesEnd(): number | null {
    if (start === null) return null
    const zone = start.allDay ? usableZone(calendarZone) : start.zone
    const latest = latestKey(readRecurrence(lines, { allDay: start.allDay, zone }))
    if (latest === null || !Number.isFinite(latest)) return null
    return latest + Math.max(0, (endMs ?? 0) - (startMs ?? 0)) + dayMs
  }
}

/** The same revision, but not all of it: it has to give way to the whole one, and the whole one to it. */
function weak(etag: string | null): string | null {
  return etag === null ? null : `W/${etag}`
}

/** What tells a revision without an etag from the next one. */
function fingerprint(event: GoogleEvent): string {
  return createHash('sha256').update(JSON.stringify(event)).digest('base64url')
}

/** An event that ends before it begins is one without length. */
function lastMoment(startMs: number | null, endMs: number | null): number | null {
  return startMs === null || endMs === null ? (endMs ?? startMs) : Math.max(startMs, endMs)
}

/** null for what no calendar means, e.g. a year PostgreSQL would refuse and with it the whole page. */
function timeText(ms: number | null): string | null {
  if (ms === null || Math.abs(ms) > 8_000_000_000_000_000) return null
  const text = new Date(ms).toISOString()
  return text.length === 24 ? text : null
}
