import type { CalendarRecord } from '../state.ts'
import type { EventResource } from './event-resource.ts'
import { occurrenceById } from './occurrences.ts'

/** A stored event, or an occurrence of a stored series that nobody has changed yet. */
export function findEvent(calendar: CalendarRecord, id: string): EventResource | undefined {
  const stored = calendar.events.get(id)?.resource
  if (stored) return stored
  const masterId = /^(.+)_(\d{8}(?:T\d{6}Z)?)$/.exec(id)?.[1]
  const master = masterId === undefined ? undefined : calendar.events.get(masterId)?.resource
  return master?.recurrence === undefined ? undefined : occurrenceById(master, id, calendar.timeZone)
}
