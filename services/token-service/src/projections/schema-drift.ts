import { tokenErrors } from '../domain/errors.ts'

/** 42703 no such column, 42P01 no such table, 42883 no such function, 42804 another type: somebody changed the schema. */
const driftCodes = /^(42703|42P01|42883|42804)$/

/** Runs database work and names a changed schema as such, so that callers hear 503 instead of a defect of ours.
 * @throws DomainError `schema_drift`; every other error stays as it is. */
export async function namingDrift<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isDrift(error)) throw error
    throw tokenErrors.schema_drift({ cause: error, retryAfterSeconds: 30 })
  }
}

function isDrift(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string' && driftCodes.test(at.code)) return true
  }
  return false
}
