import type { GoogleEvent } from './google-event.ts'
import { sameJson } from './same-json.ts'

/** What a write sets, by Google's field names; null removes a field. */
export type EventFields = Readonly<Record<string, unknown>>

export type Merge =
  /** What the write wants is already so: it was applied before, or somebody had the same idea. */
  | { readonly kind: 'same' }
  /** Different fields were changed; both changes can stand. */
  | { readonly kind: 'mergeable' }
  | { readonly kind: 'conflict'; readonly fields: readonly string[] }

// A new end beside somebody else's new start would be a meeting nobody asked for.
const entangled: readonly string[] = ['start', 'end', 'endTimeUnspecified', 'recurrence', 'originalStartTime']

/** Three-way: the revision the writer saw, what they want of it, and what it has become meanwhile.
 * `base` null means nobody knows what the writer saw, so every field may have been changed. */
export function mergeEvent(base: GoogleEvent | null, wanted: EventFields, theirs: GoogleEvent): Merge {
  const open = Object.keys(wanted).filter((field) => !isAsWanted(wanted[field], theirs[field]))
  if (open.length === 0) return { kind: 'same' }
  const fields = open.filter((field) => companions(field).some((each) => changed(base, theirs, each)))
  return fields.length === 0 ? { kind: 'mergeable' } : { kind: 'conflict', fields }
}

/** The event as the writer wants it. */
export function eventAsWanted(event: GoogleEvent, wanted: EventFields): GoogleEvent {
  const merged = Object.entries({ ...event, ...wanted }).filter(([, value]) => value !== null)
  return { ...Object.fromEntries(merged), id: event.id }
}

function companions(field: string): readonly string[] {
  return entangled.includes(field) ? entangled : [field]
}

function changed(base: GoogleEvent | null, theirs: GoogleEvent, field: string): boolean {
  return base === null || !sameJson(base[field], theirs[field])
}

/** PATCH merges objects, and Google adds to what it is given, e.g. an offset to a time or a status to an attendee. */
function isAsWanted(wanted: unknown, found: unknown): boolean {
  if (wanted === null || wanted === undefined) return found === undefined || found === null
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(found) &&
      found.length === wanted.length &&
      wanted.every((each, index) => isAsWanted(each, found[index]))
    )
  }
  if (typeof wanted === 'object') {
    if (typeof found !== 'object' || found === null) return false
    const entries = Object.entries(wanted as EventFields)
    return entries.every(([key, value]) => isAsWanted(value, (found as EventFields)[key]))
  }
  return wanted === found || isSameMoment(wanted, found)
}

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d/

function isSameMoment(wanted: unknown, found: unknown): boolean {
  if (typeof wanted !== 'string' || typeof found !== 'string') return false
  if (!dateTime.test(wanted) || !dateTime.test(found)) return false
  // A wanted time without an offset is on the wall of its zone, which is how Google's answer begins.
  return found.startsWith(wanted) || Date.parse(wanted) === Date.parse(found)
}
