import type { Context } from '../define-contract.ts'
import { schemaDriftDetected } from './schema-drift-detected.v1.ts'
import { schemaDriftResolved } from './schema-drift-resolved.v1.ts'
import { schemaVerified } from './schema-verified.v1.ts'

const of = (context: Context) => ({
  verified: schemaVerified(context),
  driftDetected: schemaDriftDetected(context),
  driftResolved: schemaDriftResolved(context),
})

/** The three schema events of each service. */
export const schemaContracts = {
  oauth: of('oauth'),
  token: of('token'),
  calendar: of('calendar'),
} as const satisfies Record<Context, unknown>
