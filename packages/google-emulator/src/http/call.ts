import type { IncomingHttpHeaders } from 'node:http'
import { googleError } from './google-error.ts'

/** One HTTP request, read completely. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  /** Instead of JSON. */
  readonly text?: { readonly type: string; readonly body: string }
}

export type Handler = (call: Call) => Reply | Promise<Reply>

export const ok = (json: unknown): Reply => ({ status: 200, json })

export const html = (status: number, body: string): Reply => ({
  status,
  text: { type: 'text/html; charset=UTF-8', body },
})

export const noContent: Reply = { status: 204 }

/** A path parameter, percent-decoded exactly once. */
export function param(call: Call, name: string): string {
  const value = call.params[name]
  if (value === undefined) throw new Error(`the route has no parameter ${name}`)
  return value
}

/** The JSON object in the body; an empty body is an empty object.
 * @throws GoogleError 400 parseError */
export function jsonOf(call: Call): Record<string, unknown> {
  if (call.body.length === 0) return {}
  try {
    const parsed: unknown = JSON.parse(call.body.toString('utf8'))
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return parsed as Record<string, unknown>
    }
  } catch {
    // Malformed and not-an-object are the same mistake to Google.
  }
  throw googleError(400, 'parseError', 'Parse Error')
}

/** The urlencoded fields in the body. */
export const formOf = (call: Call) => new URLSearchParams(call.body.toString('utf8'))
