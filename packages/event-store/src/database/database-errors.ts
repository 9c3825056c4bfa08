import { DomainError } from '@evergrant/decider'
import { storeErrors } from '../errors.ts'

/** The SQLSTATE of a PostgreSQL error or the `errno` word of a socket error, however the ORM wrapped it. */
export function errorCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string' && !(at instanceof DomainError)) return at.code
  }
  return undefined
}

/** Two transactions got in each other's way; running the whole of one again helps. */
export function isSerializationFailure(error: unknown): boolean {
  const code = errorCode(error)
  return code === '40001' || code === '40P01'
}

/** A connection that once worked is dead; another one may be had. */
export function isConnectionLost(error: unknown): boolean {
  const code = errorCode(error)
  if (code === '57P01' || code === 'ECONNRESET' || code === 'EPIPE') return true
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (/connection terminated|not queryable/i.test(at.message)) return true
  }
  return false
}

// 08 connection, 53 out of resources, 57P server going away, 57014 statement timeout, 55P03 lock timeout,
// 25P03/25P04 idle or long transaction ended by the server.
const unavailable =
  /^(08|53|57P|57014$|55P03$|25P0[34]$|ECONN|EPIPE$|ETIMEDOUT$|ENOTFOUND$|EAI_AGAIN$|EHOST|ENETUNREACH$)/
const unavailableMessage =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|not queryable/i

export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof DomainError) return error.code === 'database_unavailable'
  const code = errorCode(error)
  if (code !== undefined && unavailable.test(code)) return true
  return error instanceof Error && unavailableMessage.test(error.message)
}

// 42703 no such column, 42P01 no such table, 42883 no such function, 42804 another type: somebody changed the schema.
const schemaDrift = /^(42703|42P01|42883|42804)$/

/** PostgreSQL does not know what a statement names: the schema is not the one the code was written for. */
export function isSchemaError(error: unknown): boolean {
  return schemaDrift.test(errorCode(error) ?? '')
}

/** A fault that passes without the event being changed: an outage, a schema that drifted and will be put right. */
export function isPassing(error: unknown): boolean {
  if (error instanceof DomainError) return error.kind === 'unavailable' || error.kind === 'limited'
  return isDatabaseUnavailable(error) || isSchemaError(error)
}

/** Names an unreachable database as such; every other error stays as it is. */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof DomainError || !isDatabaseUnavailable(error)) return error
  return storeErrors.database_unavailable({ cause: error, retryAfterSeconds: 1 })
}
