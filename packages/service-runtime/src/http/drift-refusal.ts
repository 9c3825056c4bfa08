import { DomainError } from '@evergrant/decider'
import { looksLikeDrift } from '@evergrant/schema-verification'
import { runtimeErrors } from '../errors.ts'
import type { SchemaGuard } from './schema-guard.ts'

const retryAfterSeconds = 5

/** A database error as what it is while the schema is not right: 503 with the incident, never a 500. Anything else
 * comes back as it is. */
export function nameDrift(error: unknown, schema: SchemaGuard | undefined): unknown {
  const incidentId = schema?.report().incidentId ?? null
  const incident = incidentId === null ? {} : { incidentId }
  if (error instanceof DomainError) {
    if (error.code !== 'schema_drift' || error.context.extensions?.incidentId !== undefined) return error
    const { extensions, ...context } = error.context
    return runtimeErrors.schema_drift({
      retryAfterSeconds,
      ...context,
      extensions: { ...extensions, ...incident },
    })
  }
  // PostgreSQL refuses a row or a value; while drift is known, that is what it did.
  const refused = incidentId !== null && /^(22|23|42|0A)/.test(sqlStateOf(error) ?? '')
  if (!refused && !isOfTheSchema(error)) return error
  return runtimeErrors.schema_drift({ cause: error, retryAfterSeconds, extensions: incident })
}

/** Without known drift, a value that does not parse or a feature that is missing may be a defect of ours. */
function isOfTheSchema(error: unknown): boolean {
  return looksLikeDrift(error) && !/^(22P02|0A000)$/.test(sqlStateOf(error) ?? '')
}

function sqlStateOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string' && /^[0-9A-Z]{5}$/.test(at.code)) return at.code
  }
  return undefined
}
