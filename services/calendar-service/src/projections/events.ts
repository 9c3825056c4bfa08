import { type Database, epochMs, sqlOf } from '@evergrant/event-store'
import type { GoogleEvent } from '../domain/google-event.ts'
import { eventSource } from './event-source.ts'

export interface EventRow {
  readonly calendarId: string
  readonly eventId: string
  readonly startMs: number | null
  readonly endMs: number | null
  readonly event: GoogleEvent
}

export interface EventWindow {
  readonly calendarIds: readonly string[]
  readonly fromMs: number | null
  readonly toMs: number | null
  /** As the calendars were then, ms since the epoch; as they are when absent. */
  readonly asOfMs?: number | null
}

const columns = `e.calendar_id as "calendarId", e.event_id as "eventId", ${epochMs('e.starts_at')} as "startMs",
  ${epochMs('e.ends_at')} as "endMs", e.raw as event`

// timeMin is compared with the end and timeMax with the start, both exclusive; an event of no length counts at its
// start. A series without an end of its own reaches into every window after its start.
const overlaps = `
  ($2::float8 is null or e.ends_at is null or e.ends_at > to_timestamp($2::float8 / 1000)
     or (e.ends_at = e.starts_at and e.starts_at >= to_timestamp($2::float8 / 1000)))
  and ($3::float8 is null or e.starts_at is null or e.starts_at < to_timestamp($3::float8 / 1000))
  and (($2::float8 is null and $3::float8 is null) or e.starts_at is not null)`

export interface Position {
  readonly startMs: number
  readonly calendarId: string
  readonly eventId: string
}

/** Events without a start come first; they have to be somewhere. */
export const noStartMs = -8_000_000_000_000

const orderKey = `coalesce(${epochMs('e.starts_at')}, ${noStartMs})`

/** Which events are stored, oldest first? */
export async function storedEvents(
  database: Database,
  query: EventWindow & {
    readonly showCancelled: boolean
    /** Leaves out masters, which expansion stands for. */
    readonly mastersToo: boolean
    readonly after: Position | null
    readonly limit: number
  },
): Promise<EventRow[]> {
  const { calendarIds, fromMs, toMs, showCancelled, mastersToo, after, limit, asOfMs = null } = query
  return sqlOf(database)<EventRow>(
    `with ${eventSource(asOfMs === null ? null : '$10')}
     select ${columns} from event_source e
      where ${overlaps}
        and ($4 or e.status <> 'cancelled') and ($5 or not e.is_master)
        and ($6::float8 is null
             or (${orderKey}, e.calendar_id, e.event_id) > ($6::float8, $7::uuid, $8::text))
      order by ${orderKey}, e.calendar_id, e.event_id limit $9`,
    [
      calendarIds,
      fromMs,
      toMs,
      showCancelled,
      mastersToo,
      after?.startMs ?? null,
      after?.calendarId ?? null,
      after?.eventId ?? null,
      limit,
      ...(asOfMs === null ? [] : [asOfMs]),
    ],
  )
}

export interface MasterRow extends EventRow {
  /** Original starts that exceptions have taken. */
  readonly takenSlots: readonly number[]
}

/** Which series may have an occurrence in the window? */
export async function mastersIn(database: Database, window: EventWindow): Promise<MasterRow[]> {
  const { calendarIds, fromMs, toMs, asOfMs = null } = window
  return sqlOf(database)<MasterRow>(
    `with ${eventSource(asOfMs === null ? null : '$4')}
     select ${columns},
            array(select x.original_start::float8 from event_source x
                   where x.calendar_id = e.calendar_id and x.recurring_event_id = e.event_id
                     and x.original_start is not null) as "takenSlots"
       from event_source e
      where e.is_master and e.status <> 'cancelled' and ${overlaps}`,
    [calendarIds, fromMs, toMs, ...(asOfMs === null ? [] : [asOfMs])],
  )
}

/** In which of a user's calendars is an event with Google's id? */
export async function eventById(
  database: Database,
  query: { readonly calendarIds: readonly string[]; readonly eventId: string },
): Promise<EventRow[]> {
  return sqlOf(database)<EventRow>(
    `select ${columns} from calendar_event e where e.calendar_id = any($1::uuid[]) and e.event_id = $2 limit 2`,
    [query.calendarIds, query.eventId],
  )
}
