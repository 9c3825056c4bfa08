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

/** Whether an error from real traffic is a reason to look at the schema again. */
export function looksLikeDrift(error: unknown): boolean {
  return errorCodes(error).some((code) => schemaClassSqlStates.has(code))
}

/** The SQLSTATE of an error of PostgreSQL's, however a driver wrapped it. */
export function sqlStateOf(error: unknown): string | undefined {
  return errorCodes(error).find((code) => /^(?=.*\d)[0-9A-Z]{5}$/.test(code))
}

function errorCodes(error: unknown): string[] {
  const codes: string[] = []
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string') codes.push(at.code)
  }
  return codes
}
