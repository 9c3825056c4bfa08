import type { CalendarRecord } from '../state.ts'
import type { EventResource } from './event-resource.ts'
import { instantOf } from './event-time.ts'
import type { EventsQuery } from './events-query.ts'

/** Whether a full list shows an event. */
export function matchesFilters(event: EventResource, query: EventsQuery, calendar: CalendarRecord): boolean {
  return (
    isShown(event, query, calendar) &&
    inWindow(event, query, calendar.timeZone) &&
    (query.updatedMin === null || Date.parse(event.updated) >= query.updatedMin) &&
    (query.iCalUID === null || event.iCalUID === query.iCalUID) &&
    (query.eventTypes.length === 0 || query.eventTypes.includes(event.eventType ?? 'default')) &&
    (query.q === null || mentions(event, query.q)) &&
    hasProperties(event, 'private', query.privateProperties) &&
    hasProperties(event, 'shared', query.sharedProperties)
  )
}

/** Cancelled occurrences of a living series are always part of an unexpanded list (EVENT reference, `showDeleted`). */
function isShown(event: EventResource, query: EventsQuery, calendar: CalendarRecord): boolean {
  if (event.status !== 'cancelled' || query.showDeleted || query.updatedMin !== null) return true
  const master = calendar.events.get(event.recurringEventId ?? '')
  return !query.singleEvents && master !== undefined && master.resource.status !== 'cancelled'
}

/** `timeMin` compares with the end, `timeMax` with the start, both exclusive; a series is in while it may still occur. */
function inWindow(event: EventResource, query: EventsQuery, timeZone: string): boolean {
  const start = instantOf(event.start ?? event.originalStartTime, timeZone)
  const end = instantOf(event.end, timeZone) ?? start
  if (start === null || end === null) return true
  const beforeMax = query.timeMax === null || start < query.timeMax
  const afterMin = query.timeMin === null || end > query.timeMin || event.recurrence !== undefined
  return beforeMax && afterMin
}

function mentions(event: EventResource, text: string): boolean {
  const haystack = JSON.stringify([event.summary, event.description, event.location, event.attendees])
  return haystack.toLowerCase().includes(text.toLowerCase())
}

function hasProperties(event: EventResource, kind: 'private' | 'shared', wanted: readonly string[]): boolean {
  const all = event.extendedProperties as Record<string, Record<string, string> | undefined> | undefined
  return wanted.every((pair) => {
    const [name = '', ...value] = pair.split('=')
    return all?.[kind]?.[name] === value.join('=')
  })
}
