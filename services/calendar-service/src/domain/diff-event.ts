import type { GoogleEvent } from './google-event.ts'
import { sameJson } from './same-json.ts'

export interface FieldChange {
  readonly field: string
  /** Absent when the field was not there. */
  readonly before?: unknown
  readonly after?: unknown
}

// They change with every revision and are told apart from the rest.
const always = new Set(['etag', 'updated'])

/** What differs between two revisions, field by field. */
export function diffEvents(before: GoogleEvent | null, after: GoogleEvent | null): readonly FieldChange[] {
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].sort()
  return fields
    .filter((field) => !always.has(field) && !sameJson(before?.[field], after?.[field]))
    .map((field) => ({
      field,
      ...(before?.[field] === undefined ? {} : { before: before[field] }),
      ...(after?.[field] === undefined ? {} : { after: after[field] }),
    }))
}
