import { instantOf, usableZone, type WallMs, wallOf } from './zoned-time.ts'

/** An event as Google sent it. Nothing is dropped, so unknown fields and enum values survive. */
export type GoogleEvent = Readonly<Record<string, unknown>> & { readonly id: string }

/** A point in time as Google writes one: a whole day, or a moment with a zone. */
export type EventTime =
  | { readonly allDay: true; readonly wall: WallMs }
  | { readonly allDay: false; readonly instant: number; readonly zone: string }

const offsetPattern = /(?:Z|[+-]\d{2}:?\d{2})$/i

/** null when it is missing or unreadable: tombstones carry no times, and broken ones are stored all the same. */
export function eventTime(value: unknown, calendarZone: string): EventTime | null {
  if (typeof value !== 'object' || value === null) return null
  const { date, dateTime, timeZone } = value as Record<string, unknown>
  if (typeof date === 'string') {
    const wall = Date.parse(`${date}T00:00:00Z`)
    return Number.isNaN(wall) ? null : { allDay: true, wall }
  }
  if (typeof dateTime !== 'string') return null
  const zone = usableZone(typeof timeZone === 'string' ? timeZone : null, calendarZone)
  const hasOffset = offsetPattern.test(dateTime)
  const parsed = Date.parse(hasOffset ? dateTime : `${dateTime}Z`)
  if (Number.isNaN(parsed)) return null
  return { allDay: false, instant: hasOffset ? parsed : instantOf(parsed, zone), zone }
}

/** The instant a window is compared with. A whole day begins at midnight where the calendar is. */
export function instantOfTime(time: EventTime, calendarZone: string): number {
  return time.allDay ? instantOf(time.wall, usableZone(calendarZone)) : time.instant
}

/** A time's reading on the wall of its own zone. */
export function wallOfTime(time: EventTime): WallMs {
  return time.allDay ? time.wall : wallOf(time.instant, time.zone)
}

export function textOf(event: GoogleEvent, field: string): string | null {
  const value = event[field]
  return typeof value === 'string' ? value : null
}

/** The RRULE, RDATE, EXDATE and EXRULE lines of a master; empty for every other event. */
export function recurrenceOf(event: GoogleEvent): readonly string[] {
  const lines = event.recurrence
  return Array.isArray(lines) ? lines.filter((line): line is string => typeof line === 'string') : []
}

export function isCancelled(event: GoogleEvent): boolean {
  return event.status === 'cancelled'
}

/** Identifies an occurrence of a series by where it was meant to be, however far it was moved. */
export function originalStartKey(event: GoogleEvent, calendarZone: string): number | null {
  const original = eventTime(event.originalStartTime, calendarZone)
  if (original === null) return null
  return original.allDay ? original.wall : original.instant
}
