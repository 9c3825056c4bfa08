export interface EventTime {
  readonly date?: string
  readonly dateTime?: string
  readonly timeZone?: string
}

/** A Calendar v3 event: the fields the emulator acts on, and every other one as it came. */
export interface EventResource {
  readonly id: string
  readonly etag: string
  readonly status: string
  readonly updated: string
  readonly summary?: string
  readonly start?: EventTime
  readonly end?: EventTime
  readonly recurrence?: readonly string[]
  readonly recurringEventId?: string
  readonly originalStartTime?: EventTime
  readonly iCalUID?: string
  readonly eventType?: string
  readonly sequence?: number
  readonly [field: string]: unknown
}

/** Replaced, never changed, on each write: a page snapshot keeps the old one. */
export interface EventRecord {
  readonly sequence: number
  readonly revision: number
  readonly resource: EventResource
}

/** What a list says about a deleted event: its id, and for an occurrence which one it was (EVENT reference, `status`). */
export function tombstone(event: EventResource): object {
  const { id, etag, recurringEventId, originalStartTime } = event
  const occurrence = recurringEventId === undefined ? {} : { recurringEventId, originalStartTime }
  return { kind: 'calendar#event', etag, id, status: 'cancelled', ...occurrence }
}

/** A freeBusyReader sees when, not what. */
export function withoutDetails(event: EventResource): object {
  const { id, etag, status, start, end, recurrence, recurringEventId, originalStartTime, eventType } = event
  const shown = { id, etag, status, start, end, recurrence, recurringEventId, originalStartTime, eventType }
  return { kind: 'calendar#event', ...shown, visibility: 'private' }
}

/** As Google writes etags: quoted digits, different for every write. */
export const etagOf = (revision: number) => `"${3_500_000_000_000_000 + revision * 2}"`
