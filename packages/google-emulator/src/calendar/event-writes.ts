import { randomUUID } from 'node:crypto'
import { type Call, jsonOf, noContent, ok, param, type Reply } from '../http/call.ts'
import { googleError, notFound } from '../http/google-error.ts'
import type { Account } from '../state.ts'
import type { World } from '../world.ts'
import { calendarCaller, type OpenCalendar, openCalendar, requireWriter } from './access.ts'
import { checkedEvent, checkedId, merged, nextEventSequence, writableFields } from './event-input.ts'
import type { EventResource } from './event-resource.ts'
import { type EventFields, putEvent } from './event-store.ts'
import { findEvent } from './find-event.ts'

/** events.insert: a client id that is taken is 409, so a repeated insert cannot make two. */
export function insertEvent(world: World, call: Call): Reply {
  const open = openForWriting(world, call, 'Events.Insert')
  const body = writableFields(jsonOf(call))
  const id = body.id === undefined ? newEventId() : checkedId(body.id)
  if (open.calendar.events.has(id)) {
    throw googleError(409, 'duplicate', 'The requested identifier already exists.')
  }
  return ok(store(world, open, newEvent(open.account, body, { id, now: world.clock.now() })))
}

/** events.import: a private copy of somebody's event, found again by its iCalUID. */
export function importEvent(world: World, call: Call): Reply {
  const open = openForWriting(world, call, 'Events.Import')
  const sent = jsonOf(call)
  const body = writableFields(sent)
  const uid = body.iCalUID
  if (typeof uid !== 'string') throw googleError(400, 'required', 'Missing iCalUID.')
  const existing = [...open.calendar.events.values()].find(({ resource }) => resource.iCalUID === uid)
  const id = existing?.resource.id ?? newEventId()
  const imported = newEvent(open.account, body, { id, now: world.clock.now() })
  return ok(
    store(world, open, { ...imported, iCalUID: uid, organizer: sent.organizer ?? imported.organizer }),
  )
}

/** events.patch and events.update, under If-Match. */
export function changeEvent(world: World, call: Call, how: 'patch' | 'update'): Reply {
  const open = openForWriting(world, call, how === 'patch' ? 'Events.Patch' : 'Events.Update')
  const before = findEvent(open.calendar, param(call, 'eventId'))
  if (!before) throw notFound()
  requireMatch(call, before)
  const body = writableFields(jsonOf(call))
  const changed = how === 'patch' ? merged(before, body) : { ...kept(before), ...body }
  const fields = { ...changed, id: before.id, status: statusOf(changed) }
  return ok(store(world, open, { ...fields, sequence: nextEventSequence(before, fields) }))
}

/** events.delete: a tombstone stays for the next delta; a second delete is 410. */
export function deleteEvent(world: World, call: Call): Reply {
  const open = openForWriting(world, call, 'Events.Delete')
  const before = findEvent(open.calendar, param(call, 'eventId'))
  if (!before) throw notFound()
  if (before.status === 'cancelled') throw googleError(410, 'deleted', 'Resource has been deleted')
  requireMatch(call, before)
  putEvent(world.state, open.calendar, { ...before, status: 'cancelled' }, world.clock.now())
  return noContent
}

function openForWriting(world: World, call: Call, name: string): OpenCalendar {
  const open = openCalendar(world, call, calendarCaller(world, call, 'writeEvents', name))
  requireWriter(open)
  return open
}

function store(world: World, open: OpenCalendar, fields: EventFields): EventResource {
  const checked = checkedEvent(fields, open.calendar.timeZone)
  return putEvent(world.state, open.calendar, checked, world.clock.now())
}

/** A body with everything Google adds to a new event. */
export function newEvent(
  creator: Account,
  body: Readonly<Record<string, unknown>>,
  identity: { readonly id: string; readonly now: Date },
): EventFields {
  const person = { email: creator.email, self: true }
  return {
    htmlLink: `https://www.google.com/calendar/event?eid=${identity.id}`,
    created: identity.now.toISOString(),
    creator: person,
    organizer: person,
    iCalUID: `${identity.id}@google.com`,
    sequence: 0,
    reminders: { useDefault: true },
    eventType: 'default',
    ...body,
    id: identity.id,
    status: typeof body.status === 'string' ? body.status : 'confirmed',
  }
}

/** Survives an update that does not mention it. */
function kept(before: EventResource): Readonly<Record<string, unknown>> {
  const { created, creator, organizer, htmlLink, iCalUID, eventType, recurringEventId, originalStartTime } =
    before
  const fields = {
    created,
    creator,
    organizer,
    htmlLink,
    iCalUID,
    eventType,
    recurringEventId,
    originalStartTime,
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

const statusOf = (changed: Readonly<Record<string, unknown>>) =>
  typeof changed.status === 'string' ? changed.status : 'confirmed'

function requireMatch(call: Call, event: EventResource): void {
  const wanted = call.headers['if-match']
  if (wanted === undefined || wanted === '*' || wanted === event.etag) return
  throw googleError(412, 'conditionNotMet', 'Precondition Failed', {
    location: 'If-Match',
    locationType: 'header',
  })
}

const newEventId = () =>
  BigInt(`0x${randomUUID().replaceAll('-', '')}`)
    .toString(32)
    .padStart(26, '0')
