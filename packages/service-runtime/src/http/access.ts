import type { FastifyContextConfig } from 'fastify'
import type { Authenticator } from '../auth/authenticator.ts'
import type { Caller } from '../auth/caller.ts'
import { runtimeErrors } from '../errors.ts'

/** Who may call a route: any signed-in user, a caller with that scope, or everyone. */
export type Access = 'user' | 'tokens:read' | 'admin' | 'public'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** Keeps the answer per Idempotency-Key for a day. */
    idempotent?: boolean
    /** The answer carries a secret: it is never stored, so the route cannot be idempotent by key. */
    secret?: boolean
    /** Its successes are recorded elsewhere, one by one and for good: the log tells of them only at `debug`. */
    audited?: boolean
    /** What of the database this route cannot do without; 503 `schema_drift` while drift has taken it away. */
    capability?: string
  }
}

/** Null on a public route.
 * @throws DomainError when there is no valid token, or it lacks the scope. */
export async function admit(
  { access }: FastifyContextConfig,
  authorization: string | undefined,
  authenticator: Authenticator | undefined,
): Promise<Caller | null> {
  if (access === 'public' || access === undefined || !authenticator) return null
  const caller = await authenticator.authenticate(authorization)
  if (access !== 'user' && !caller.scopes.includes(access)) {
    throw runtimeErrors.insufficient_scope({ extensions: { requiredScope: access } })
  }
  return caller
}

/** What is wrong with a route's declaration, or undefined: a route nobody decided about must not start. */
export function misdeclaration(
  config: FastifyContextConfig | undefined,
  has: { readonly authenticator: boolean; readonly idempotencyStore: boolean },
): string | undefined {
  if (!config?.access) return 'config.access is missing'
  if (config.access !== 'public' && !has.authenticator)
    return 'it needs an authenticator and the app has none'
  if (config.idempotent && config.secret) return 'an answer with a secret in it is never stored'
  if (config.idempotent && config.access === 'public') return 'keys belong to callers and it has none'
  if (config.idempotent && !has.idempotencyStore)
    return 'it is idempotent and the app has no idempotency store'
  return undefined
}
