import type { DomainError, ErrorAction, ErrorKind } from '@evergrant/decider'
import { z } from 'zod'
import { runtimeErrors } from '../errors.ts'

/** The only place that knows which refusal is which HTTP status. */
const statusOf: Readonly<Record<ErrorKind, number>> = {
  rejected: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  method_not_allowed: 405,
  conflict: 409,
  precondition_failed: 412,
  too_large: 413,
  unsupported: 415,
  unprocessable: 422,
  limited: 429,
  unavailable: 503,
  internal: 500,
}

/** An RFC 9457 problem document as it goes out. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly requestId: string
  readonly action?: ErrorAction
  /** Seconds; the same as the Retry-After header. */
  readonly retryAfter?: number
  readonly fields?: readonly { readonly path: string; readonly message: string }[]
}

/** For OpenAPI: what every route may answer with. */
export const problemSchema = z.looseObject({
  type: z.string().describe('Stable URN of this kind of problem.'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().describe('One sentence for people.'),
  code: z.string().describe('Stable word for programs; see docs/errors.md.'),
  requestId: z.string(),
  action: z.object({ kind: z.string(), description: z.string(), url: z.string().optional() }).optional(),
  retryAfter: z.number().optional().describe('Seconds; also as Retry-After header.'),
  fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})

export const problemContentType = 'application/problem+json; charset=utf-8'

/** The document and headers for a refusal. A defect tells the caller nothing but its request id. */
export function problemFrom(
  error: DomainError,
  requestId: string,
): { readonly problem: Problem; readonly headers: Readonly<Record<string, string>> } {
  const status = statusOf[error.kind]
  const shown = error.kind === 'internal' ? runtimeErrors.internal_error() : error
  const { action, retryAfterSeconds, fields, extensions } = shown.context
  const retryAfter = retryAfterSeconds === undefined ? undefined : Math.max(1, Math.ceil(retryAfterSeconds))
  return {
    problem: {
      ...extensions,
      type: `urn:evergrant:problem:${shown.code}`,
      title: titleOf(shown.code),
      status,
      detail: shown.message,
      code: shown.code,
      requestId,
      ...(action ? { action } : {}),
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(fields ? { fields } : {}),
    },
    headers: {
      'content-type': problemContentType,
      'cache-control': 'no-store',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...(status === 401 || status === 403 ? { 'www-authenticate': challengeFor(shown) } : {}),
    },
  }
}

/** RFC 6750, 3: a request without credentials gets the bare challenge, a bad token the reason. */
function challengeFor(error: DomainError): string {
  const realm = 'Bearer realm="evergrant"'
  if (error.code === 'authentication_required') return realm
  if (error.kind === 'unauthenticated') return `${realm}, error="invalid_token"`
  const scope = error.context.extensions?.requiredScope
  return `${realm}, error="insufficient_scope"${typeof scope === 'string' ? `, scope="${scope}"` : ''}`
}

function titleOf(code: string): string {
  const words = code.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
