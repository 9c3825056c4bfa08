import type { GoogleAnswer } from '../../domain/google-failure.ts'

interface HttpFailure {
  readonly status?: unknown
  readonly response?: { readonly status?: unknown; readonly headers?: unknown; readonly data?: unknown }
}

interface ErrorBody {
  readonly error?: {
    readonly message?: unknown
    readonly errors?: readonly { readonly reason?: unknown }[]
    readonly details?: readonly { readonly reason?: unknown }[]
  }
}

/** What can be known of a failed call. Text of Google's is only looked at, never passed on. */
export function answerOf(error: unknown, now: Date): GoogleAnswer {
  const { response } = (typeof error === 'object' && error !== null ? error : {}) as HttpFailure
  const status = Number(response?.status)
  // gaxios reports a 200 with a cut or unreadable body as an error that carries the 200.
  if (!Number.isInteger(status) || status < 400) {
    return { status: null, reason: null, message: null, retryAfterSeconds: null }
  }
  const body = (
    typeof response?.data === 'object' && response.data !== null ? response.data : {}
  ) as ErrorBody
  const reason = body.error?.details?.find(hasReason)?.reason ?? body.error?.errors?.find(hasReason)?.reason
  const message = body.error?.message
  return {
    status,
    reason: typeof reason === 'string' ? reason : null,
    message: typeof message === 'string' ? message : null,
    retryAfterSeconds: retryAfter(response?.headers, now),
  }
}

function hasReason(entry: { readonly reason?: unknown }): boolean {
  return typeof entry?.reason === 'string'
}

/** Seconds, or an HTTP date (RFC 9110, 10.2.3). */
function retryAfter(headers: unknown, now: Date): number | null {
  const value = isReadable(headers) ? headers.get('retry-after') : null
  if (value === null) return null
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return Math.max(0, seconds)
  const date = Date.parse(value)
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - now.getTime()) / 1000))
}

/** gaxios brings the Headers of its own fetch, which are no instance of the platform's. */
function isReadable(headers: unknown): headers is Pick<Headers, 'get'> {
  return (
    typeof headers === 'object' && headers !== null && 'get' in headers && typeof headers.get === 'function'
  )
}
