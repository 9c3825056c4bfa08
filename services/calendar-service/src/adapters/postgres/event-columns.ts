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
import { jsonbParameter } from './jsonb-parameter.ts'

/** How `jsonb_to_recordset` reads a page. */
export const incomingColumns = `(event_id text, etag text, status text, starts_at timestamptz, ends_at timestamptz,
  is_master boolean, recurring_event_id text, original_start bigint, raw jsonb)`

export const eventColumnNames =
  'event_id, etag, status, starts_at, ends_at, is_master, recurring_event_id, original_start'

/** For `do update set`: everything but what the conflict is about. */
export const newValues = eventColumnNames
  .split(', ')
  .filter((name) => name !== 'event_id')
  .map((name) => `${name} = excluded.${name}`)
  .join(', ')

const dayMs = 86_400_000

/** Events as one parameter: Google's event, and beside it what queries search by. */
export function eventsAsJson(events: readonly GoogleEvent[], calendarZone: string): Buffer {
  return jsonbParameter(events.map((event) => columnsOf(event, calendarZone)))
}

/** The same id twice on a page: the later revision wins. */
export function latestById(events: readonly GoogleEvent[]): GoogleEvent[] {
  return [...new Map(events.map((event) => [event.id, event])).values()]
}

/** An event's status as it is stored; Google may leave it out. */
export function statusOf(event: GoogleEvent): string {
  return isCancelled(event) ? 'cancelled' : (textOf(event, 'status') ?? 'confirmed')
}

function columnsOf(event: GoogleEvent, calendarZone: string) {
  const start = eventTime(event.start, calendarZone)
  const end = eventTime(event.end, calendarZone)
  const startMs = start && instantOfTime(start, calendarZone)
  const endMs = end && instantOfTime(end, calendarZone)
  const lines = recurrenceOf(event)
  const isMaster = lines.length > 0 && start !== null
  return {
    event_id: event.id,
    etag: textOf(event, 'etag'),
    status: statusOf(event),
    starts_at: timeText(startMs),
    ends_at: isMaster ? timeText(seriesEnd()) : timeText(endMs ?? startMs),
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

/** null for what no calendar means, e.g. a year PostgreSQL would refuse and with it the whole page. */
function timeText(ms: number | null): string | null {
  if (ms === null || Math.abs(ms) > 8_000_000_000_000_000) return null
  const text = new Date(ms).toISOString()
  return text.length === 24 ? text : null
}
