import { googleError } from '../http/google-error.ts'
import type { EventResource, EventTime } from './event-resource.ts'
import { hasOffset, instantAt, instantOf, isTimeZone, withOffset } from './event-time.ts'

type Body = Readonly<Record<string, unknown>>

/** Fields only Google sets; a client may send them back, and they are ignored. */
const readOnly = [
  'kind',
  'etag',
  'htmlLink',
  'created',
  'updated',
  'creator',
  'organizer',
  'recurringEventId',
  'hangoutLink',
  'locked',
]

/** What a client may write, without what only Google sets. */
export function writableFields(body: Body): Body {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !readOnly.includes(name)))
}

/** Checks times and recurrence and gives timed values their offset, as Google does on every write.
 * @throws GoogleError 400 */
export function checkedEvent<Event extends Body>(event: Event, calendarZone: string): Event {
  if (event.status === 'cancelled') return event
  const start = checkedTime(event.start, 'start', calendarZone)
  const end = checkedTime(event.end, 'end', calendarZone)
  if ((start.date === undefined) !== (end.date === undefined)) {
    throw googleError(400, 'invalid', 'Start and end times must either both be date or both be dateTime.')
  }
  if ((instantOf(end, calendarZone) ?? 0) < (instantOf(start, calendarZone) ?? 0)) {
    throw googleError(400, 'timeRangeEmpty', 'The specified time range is empty.', { domain: 'calendar' })
  }
  checkRecurrence(event.recurrence, start)
  return { ...event, start, end }
}

function checkedTime(value: unknown, name: 'start' | 'end', calendarZone: string): EventTime {
  const time = (typeof value === 'object' && value !== null ? value : {}) as EventTime
  const zone = time.timeZone
  if (zone !== undefined && !isTimeZone(zone))
    throw googleError(400, 'invalid', `Invalid time zone definition for ${name} time.`)
  if (time.date !== undefined && time.date !== null) {
    if (!/^\d{4}-\d\d-\d\d$/.test(time.date) || Number.isNaN(Date.parse(time.date))) throw invalidTime(name)
    return { date: time.date }
  }
  if (typeof time.dateTime !== 'string') throw googleError(400, 'required', `Missing ${name} time.`)
  const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/i
  if (!shape.test(time.dateTime)) throw invalidTime(name)
  if (hasOffset(time.dateTime)) return time
  const inZone = zone ?? calendarZone
  return {
    ...time,
    dateTime: withOffset(instantAt(Date.parse(`${time.dateTime}Z`), inZone), inZone),
    timeZone: inZone,
  }
}

function checkRecurrence(recurrence: unknown, start: EventTime): void {
  if (recurrence === undefined || recurrence === null) return
  const lines = Array.isArray(recurrence) ? recurrence : []
  const valid = lines.every(
    (line) => typeof line === 'string' && /^(RRULE|EXRULE|RDATE|EXDATE)[:;]/.test(line),
  )
  if (!valid) throw googleError(400, 'invalid', 'Invalid recurrence rule.')
  if (start.dateTime !== undefined && start.timeZone === undefined) {
    throw googleError(400, 'required', 'Missing time zone definition for start time.')
  }
}

const invalidTime = (name: string) => googleError(400, 'invalid', `Invalid ${name} time.`)

/** Client ids are base32hex, 5 to 1024 characters (EVENT reference, `id`).
 * @throws GoogleError 400 */
export function checkedId(id: unknown): string {
  if (typeof id === 'string' && /^[a-v0-9]{5,1024}$/.test(id)) return id
  throw googleError(400, 'invalid', 'Invalid resource id value.')
}

/** PATCH: objects merge, arrays and values replace, null removes. A date and a dateTime push each other out. */
export function merged(base: Body, patch: Body): Body {
  const result: Record<string, unknown> = { ...base }
  for (const [name, value] of Object.entries(patch)) {
    const before = result[name]
    if (value === null) delete result[name]
    else if ((name === 'start' || name === 'end') && isObject(value)) result[name] = mergedTime(before, value)
    else result[name] = isObject(value) && isObject(before) ? merged(before, value) : value
  }
  return result
}

function mergedTime(before: unknown, patch: Body): Body {
  const base = isObject(before) ? before : {}
  const replaced = typeof patch.date === 'string' ? { dateTime: null, timeZone: null } : { date: null }
  return merged(base, { ...(patch.date || patch.dateTime ? replaced : {}), ...patch })
}

const isObject = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Google counts `sequence` up when the time of an event changes, not when its text does. */
export function nextEventSequence(before: EventResource, after: Body): number {
  const timing = (event: Body) => JSON.stringify([event.start, event.end, event.recurrence, event.status])
  return (before.sequence ?? 0) + (timing(before) === timing(after) ? 0 : 1)
}
