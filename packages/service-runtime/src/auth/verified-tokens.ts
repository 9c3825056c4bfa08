import { hash } from 'node:crypto'
import type { Clock } from '@evergrant/decider'
import type { Caller } from './caller.ts'

/*
 * Bearer tokens whose signature was verified a moment ago: a service that borrows a token for each of its calls comes with
 * the same JWT thousands of times, and verifying it again was most of what a warm vend cost. An entry lives shorter than a
 * key does, so a key that the issuer withdraws is trusted at most that much longer; expiry is looked at every time.
 */
export interface VerifiedTokens {
  get(jwt: string): Caller | undefined
  /** @param usableUntil epoch ms: the token's own end, tolerance included. */
  keep(jwt: string, caller: Caller, usableUntil: number): void
}

const keptForMs = 30_000
const mostKept = 10_000

export function createVerifiedTokens(clock: Clock): VerifiedTokens {
  const verified = new Map<string, { readonly caller: Caller; readonly until: number }>()
  return {
    get: (jwt) => {
      const name = nameOf(jwt)
      const entry = verified.get(name)
      if (entry === undefined) return undefined
      if (clock.now().getTime() < entry.until) return entry.caller
      verified.delete(name)
      return undefined
    },
    keep: (jwt, caller, usableUntil) => {
      const until = Math.min(usableUntil, clock.now().getTime() + keptForMs)
      verified.set(nameOf(jwt), { caller, until })
      if (verified.size <= mostKept) return
      const [oldest] = verified.keys()
      if (oldest !== undefined) verified.delete(oldest)
    },
  }
}

/** The tokens themselves are not kept: a heap dump must not hand them out. */
function nameOf(jwt: string): string {
  return hash('sha256', jwt, 'base64')
}
