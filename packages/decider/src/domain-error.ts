/** What kind of refusal this is, in business words. Only service-runtime/problem.ts knows the HTTP status. */
export type ErrorKind =
  | 'rejected' // the input breaks a rule: 400
  | 'unauthenticated' // nobody we know: 401
  | 'forbidden' // known, but not allowed: 403
  | 'missing' // no such thing, or not theirs: 404
  | 'method_not_allowed' // 405
  | 'conflict' // true in itself, but not in this state: 409
  | 'precondition_failed' // somebody else changed it first: 412
  | 'too_large' // 413
  | 'unsupported' // 415
  | 'unprocessable' // the same key, another body: 422
  | 'limited' // too many: 429
  | 'unavailable' // ours or Google's, for now: 503
  | 'internal' // a defect: 500

/** What the caller can do about it; `url` where one click does it. */
export interface ErrorAction {
  readonly kind: string
  readonly description: string
  readonly url?: string
}

export interface ErrorContext {
  readonly action?: ErrorAction
  readonly retryAfterSeconds?: number
  /** The offending input, by path, for `rejected`. */
  readonly fields?: readonly { readonly path: string; readonly message: string }[]
  /** Extra members of the problem document; must be safe for the caller. */
  readonly extensions?: Readonly<Record<string, unknown>>
  /** For the log only; never leaves the process. */
  readonly detail?: unknown
  readonly cause?: unknown
}

/** An error somebody can act on: `message` is safe for the caller, `context.detail` is only for the log. */
export class DomainError extends Error {
  readonly kind: ErrorKind
  readonly code: string
  readonly context: ErrorContext

  constructor(kind: ErrorKind, code: string, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause })
    this.name = 'DomainError'
    this.kind = kind
    this.code = code
    this.context = context
  }
}

interface ErrorEntry {
  readonly kind: ErrorKind
  /** One sentence, safe for the caller; also the text of docs/errors.md. */
  readonly message: string
}

type ErrorFactory = (context?: ErrorContext & { readonly message?: string }) => DomainError

/** A package's errors, all codes visible at once. The table is also what docs/errors.md is generated from. */
export function defineErrors<const Table extends Record<string, ErrorEntry>>(
  table: Table,
): { readonly [Code in keyof Table]: ErrorFactory } & { readonly catalogue: Table } {
  const factories = Object.fromEntries(
    Object.entries(table).map(([code, entry]) => [
      code,
      (context: ErrorContext & { message?: string } = {}) => {
        const { message, ...rest } = context
        return new DomainError(entry.kind, code, message ?? entry.message, rest)
      },
    ]),
  )
  return { ...factories, catalogue: table } as never
}
