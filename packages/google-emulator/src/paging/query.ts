import { digest } from '../fingerprint.ts'
import { googleError } from '../http/google-error.ts'

/** @throws GoogleError 400 invalidParameter */
export function pageSizeFrom(
  query: URLSearchParams,
  limits: { readonly usual: number; readonly most: number; readonly name?: string },
) {
  const name = limits.name ?? 'maxResults'
  const text = query.get(name)
  if (text === null) return limits.usual
  const size = Number(text)
  if (!Number.isInteger(size) || size < 1) throw invalidParameter(name, text)
  return Math.min(size, limits.most)
}

/** @throws GoogleError 400 invalidParameter */
export function booleanFrom(query: URLSearchParams, name: string): boolean | null {
  const text = query.get(name)
  if (text === null) return null
  if (text !== 'true' && text !== 'false') throw invalidParameter(name, text)
  return text === 'true'
}

/** Milliseconds; Google insists on an offset.
 * @throws GoogleError 400 invalidParameter */
export function timeFrom(query: URLSearchParams, name: string): number | null {
  const text = query.get(name)
  if (text === null) return null
  const at = Date.parse(text)
  if (!/T.*(Z|[+-]\d\d:\d\d)$/i.test(text) || Number.isNaN(at)) throw invalidParameter(name, text)
  return at
}

/** The parameters that decide what a list means; two requests with the same ones may share a cursor. */
export function queryHashOf(query: URLSearchParams, names: readonly string[]): string {
  const parts = names.map((name) => [name, query.getAll(name).toSorted()])
  return digest(JSON.stringify(parts)).slice(0, 16)
}

export const invalidParameter = (name: string, value: string) =>
  googleError(400, 'invalidParameter', `Invalid value '${value}' for ${name}.`, { location: name })
