import { type CalendarRecord, nextRevision, nextSequence, touch, type WorldState } from '../state.ts'
import { eventsResource } from './calendars.ts'
import { type EventRecord, type EventResource, etagOf } from './event-resource.ts'

export interface EventFields {
  readonly id: string
  readonly status: string
  readonly [field: string]: unknown
}

/** Stores an event as a new revision: new etag, `updated` now. The only way an event changes. */
export function putEvent(
  state: WorldState,
  calendar: CalendarRecord,
  fields: EventFields,
  now: Date,
): EventResource {
  const revision = nextRevision(state)
  const before = calendar.events.get(fields.id)
  const resource: EventResource = {
    ...fields,
    kind: 'calendar#event',
    etag: etagOf(revision),
    updated: now.toISOString(),
  }
  const record: EventRecord = { sequence: before?.sequence ?? nextSequence(state), revision, resource }
  calendar.events.set(fields.id, record)
  calendar.writes.push(record)
  touch(state, eventsResource(calendar.id))
  return resource
}
