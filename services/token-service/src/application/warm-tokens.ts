import type { Service } from '@evergrant/event-contracts'
import type { Grant } from '../domain/grant-state.ts'

/** What a vend needs, opened and at hand. */
export interface WarmToken {
  readonly grant: Grant
  readonly service: Service
  readonly accessToken: string
}

/*
 * Opened token sets of connections that were vended lately, so that a warm vend asks neither PostgreSQL nor the vault.
 * A change of a grant forgets its entries: at once where it commits, within a round trip where NATS carries the word,
 * and with the next look at the facts (watch-grants.ts) where it does not. When even the looks stop, nothing here is
 * served any more after `trustedForMs`: that is the longest a disconnected connection can be vended by anybody.
 */
export interface WarmTokens {
  /** undefined when the connection is not here, or nobody has looked at the truth for too long. */
  get(connectionId: string): WarmToken | undefined
  /** To be taken before the truth is read. */
  ticket(): number
  /** Keeps what was read since the ticket, unless the grant has changed in between. */
  keep(ticket: number, connectionId: string, token: WarmToken): void
  forget(grantId: string): void
  forgetAll(): void
  /** Every change that committed before `at` (as `elapsedMs` counts) has been forgotten. */
  confirm(at: number): void
}

export const trustedForMs = 5_000

const connectionsKept = 20_000
const changesKept = 20_000

/** @param elapsedMs a clock that nobody can set back. */
export function createWarmTokens(elapsedMs: () => number): WarmTokens {
  const tokens = new Map<string, WarmToken>()
  const connectionsOfGrant = new Map<string, Set<string>>()
  /** Grant id → when it changed last; the oldest are dropped, and `forgottenUpTo` then stands for them. */
  const changes = new Map<string, number>()
  let clock = 0
  let forgottenUpTo = 0
  let confirmedAt = Number.NEGATIVE_INFINITY

  const drop = (connectionId: string) => {
    const grantId = tokens.get(connectionId)?.grant.grantId
    tokens.delete(connectionId)
    if (grantId === undefined) return
    const siblings = connectionsOfGrant.get(grantId)
    siblings?.delete(connectionId)
    if (siblings?.size === 0) connectionsOfGrant.delete(grantId)
  }

  return {
    get: (connectionId) => (elapsedMs() - confirmedAt > trustedForMs ? undefined : tokens.get(connectionId)),
    ticket: () => clock,
    keep: (ticket, connectionId, token) => {
      const { grantId } = token.grant
      if (ticket < forgottenUpTo || ticket < (changes.get(grantId) ?? 0)) return
      drop(connectionId)
      tokens.set(connectionId, token)
      const siblings = connectionsOfGrant.get(grantId) ?? new Set()
      connectionsOfGrant.set(grantId, siblings.add(connectionId))
      if (tokens.size <= connectionsKept) return
      const [oldest] = tokens.keys()
      if (oldest !== undefined) drop(oldest)
    },
    forget: (grantId) => {
      clock += 1
      changes.delete(grantId)
      changes.set(grantId, clock)
      for (const connectionId of connectionsOfGrant.get(grantId) ?? []) tokens.delete(connectionId)
      connectionsOfGrant.delete(grantId)
      if (changes.size <= changesKept) return
      const [oldest] = changes
      if (oldest === undefined) return
      changes.delete(oldest[0])
      forgottenUpTo = oldest[1]
    },
    forgetAll: () => {
      clock += 1
      forgottenUpTo = clock
      changes.clear()
      tokens.clear()
      connectionsOfGrant.clear()
    },
    confirm: (at) => {
      confirmedAt = Math.max(confirmedAt, at)
    },
  }
}
