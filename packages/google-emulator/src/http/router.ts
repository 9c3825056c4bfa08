import type { Handler } from './call.ts'

export interface Route {
  readonly method: string
  readonly segments: readonly string[]
  readonly handler: Handler
}

/** `:name` matches one segment. */
export function route(method: string, pattern: string, handler: Handler): Route {
  return { method, segments: pattern.split('/').slice(1), handler }
}

export type Match =
  | { readonly kind: 'found'; readonly handler: Handler; readonly params: Record<string, string> }
  | { readonly kind: 'other_method'; readonly allow: readonly string[] }
  | { readonly kind: 'unknown' }

/** Splits before decoding, so an encoded slash stays inside its segment (ids of group calendars hold `#`, `@` and `/`). */
export function matchRoute(routes: readonly Route[], method: string, path: string): Match {
  const parts = path.split('/').slice(1)
  const onPath = routes.filter((candidate) => fits(candidate.segments, parts))
  const found = onPath.find((candidate) => candidate.method === method)
  if (found) return { kind: 'found', handler: found.handler, params: paramsOf(found.segments, parts) }
  if (onPath.length > 0) return { kind: 'other_method', allow: onPath.map((candidate) => candidate.method) }
  return { kind: 'unknown' }
}

function fits(segments: readonly string[], parts: readonly string[]): boolean {
  return (
    segments.length === parts.length &&
    segments.every((segment, index) => segment.startsWith(':') || segment === parts[index])
  )
}

function paramsOf(segments: readonly string[], parts: readonly string[]): Record<string, string> {
  const pairs = segments.flatMap((segment, index) =>
    segment.startsWith(':') ? [[segment.slice(1), decode(parts[index] ?? '')] as const] : [],
  )
  return Object.fromEntries(pairs)
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
