/**
 * What PostgreSQL says when code and schema disagree: no such column, table or function, another type, a right taken
 * away, no unique index to conflict on, an enum value it does not know, a statement that is no longer supported (a
 * rule, a cached plan of another shape).
 */
export const schemaClassSqlStates: ReadonlySet<string> = new Set([
  '42703',
  '42P01',
  '42883',
  '42804',
  '42501',
  '42P10',
  '22P02',
  '0A000',
])

/** Whether an error from real traffic is a reason to look at the schema again, however a driver wrapped it. */
export function looksLikeDrift(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string' && schemaClassSqlStates.has(at.code)) return true
  }
  return false
}
