interface ErrorLocation {
  readonly domain?: string
  readonly location?: string
  readonly locationType?: 'parameter' | 'header'
  /** google.rpc status word, where Google sends one. */
  readonly status?: string
  readonly details?: readonly object[]
  readonly headers?: Readonly<Record<string, string>>
  /** The sentence inside `errors[]`, where it differs from the outer one. */
  readonly innerMessage?: string
}

/** An answer of a Google API that is not a success, in the API's own JSON. */
export class GoogleError extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: object

  constructor(status: number, message: string, body: object, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.name = 'GoogleError'
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** `{error: {code, message, errors: [{domain, reason, …}]}}`, as the Calendar, Gmail and Drive APIs answer. */
export function googleError(status: number, reason: string, message: string, more: ErrorLocation = {}) {
  const inner = {
    message: more.innerMessage ?? message,
    domain: more.domain ?? 'global',
    reason,
    ...(more.location && { location: more.location, locationType: more.locationType ?? 'parameter' }),
  }
  const error = {
    errors: [inner],
    code: status,
    message,
    ...(more.status && { status: more.status }),
    ...(more.details && { details: more.details }),
  }
  return new GoogleError(status, message, { error }, more.headers)
}

/** `{error, error_description}`, as Google's OAuth endpoints answer. */
export function oauthError(status: number, error: string, description: string) {
  return new GoogleError(status, description, { error, error_description: description })
}

export const notFound = () => googleError(404, 'notFound', 'Not Found')
