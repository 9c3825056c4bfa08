/** What a provider does with a refresh token that was used once: keeps it (Google), replaces it and takes the old one for
 * a while longer, or replaces it and treats every later use of the old one as theft. */
export type ProviderPolicy =
  | { readonly kind: 'non_rotating' }
  | { readonly kind: 'replay_window'; readonly windowSeconds: number }
  | { readonly kind: 'strict' }

/** Attempts on the current generation whose outcome nobody knows. */
export interface Doubt {
  readonly attempts: number
  /** When the first of them was announced. */
  readonly since: string
}

/** Whether the refresh token may be used once more after attempts in doubt. One replay is always worth it: the request
 * may never have arrived. A second one would only tell a strict provider about a thief. */
export function mayReplay(policy: ProviderPolicy, doubt: Doubt | null, now: string): boolean {
  if (doubt === null || doubt.attempts <= 1 || policy.kind === 'non_rotating') return true
  if (policy.kind === 'strict') return false
  return Date.parse(now) - Date.parse(doubt.since) <= policy.windowSeconds * 1000
}

/** Whether a refresh token the provider does not know is one it replaced in an answer that got lost: nobody revoked it. */
export function lostInRotation(policy: ProviderPolicy, doubt: Doubt | null): boolean {
  return policy.kind !== 'non_rotating' && doubt !== null
}
