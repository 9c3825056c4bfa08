import type { CalendarRecord } from '../state.ts'
import type { EventRecord, EventResource } from './event-resource.ts'
import { occurrencesOf } from './occurrences.ts'

/** Without a `timeMax`, occurrences end here, counted from the first of them. */
const farAwayMs = 2 * 366 * 86_400_000

interface Expanded {
  readonly sequence: number
  readonly item: EventResource
}

/** singleEvents=true: occurrences instead of series, exceptions in the place of what they replace. */
export function expandedEvents(
  calendar: CalendarRecord,
  records: readonly EventRecord[],
  window: { readonly timeMax: number | null },
): Expanded[] {
  const wanted = new Set(records.map((record) => record.resource.id))
  const expanded = records.flatMap((record) => {
    const { resource } = record
    if (resource.recurrence === undefined) return [resource]
    const end =
      window.timeMax ?? Date.parse(resource.start?.dateTime ?? resource.start?.date ?? '') + farAwayMs
    return [...occurrencesOf(resource, calendar.timeZone, end)].flatMap((occurrence) => {
      if (!calendar.events.has(occurrence.id)) return [occurrence]
      return wanted.has(occurrence.id) ? [] : [calendar.events.get(occurrence.id)?.resource ?? occurrence]
    })
  })
  return expanded.map((item, index) => ({ sequence: index + 1, item: underMaster(calendar, item) }))
}

function underMaster(calendar: CalendarRecord, event: EventResource): EventResource {
  const master = calendar.events.get(event.recurringEventId ?? '')
  return master?.resource.status === 'cancelled' ? { ...event, status: 'cancelled' } : event
}
