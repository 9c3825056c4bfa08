import type { Decider } from '@evergrant/decider'
import { missingScopes } from '@evergrant/event-contracts'

/*
 * What this service remembers of a grant, to know whether Google has to be asked for a new refresh token. The grant itself
 * belongs to token-service; its bad news (revoked, reauthorization required) arrives on the bus, perhaps late, so news from
 * before the latest consent is old news.
 */
interface GrantIdentity {
  readonly grantId: string
  readonly userId: string
  readonly email: string
}

export type KnownGrantFact =
  /** A consent without a refresh token is enough to know whose account it is. */
  | { readonly type: 'GrantSeen'; readonly data: GrantIdentity & { readonly seenAt: string } }
  | {
      readonly type: 'RefreshTokenReceived'
      readonly data: GrantIdentity & {
        /** What the refresh token was given for: it never covers a scope that was granted later. */
        readonly scopes: readonly string[]
        readonly receivedAt: string
        /** Only in testing mode does Google say so. */
        readonly expiresAt?: string
      }
    }
  | { readonly type: 'RefreshTokenLost'; readonly data: { readonly reason: string; readonly lostAt: string } }

export type KnownGrantCommand =
  | {
      readonly type: 'NoteGrant'
      readonly grant: GrantIdentity
      /** Null when the consent brought none. */
      readonly refreshToken: { readonly scopes: readonly string[]; readonly expiresAt?: string } | null
      readonly now: Date
    }
  | { readonly type: 'NoteLoss'; readonly reason: string; readonly lostAt: string }
  /** Google has taken scopes away: a refresh token that was given for them does not bring them back. */
  | { readonly type: 'NoteMissingScopes'; readonly scopes: readonly string[]; readonly missingSince: string }

export type KnownGrantState =
  | { readonly status: 'unknown' | 'lost' }
  | { readonly status: 'live'; readonly receivedAt: string; readonly scopes: readonly string[] }

export const knownGrant: Decider<KnownGrantState, KnownGrantCommand, KnownGrantFact> = {
  initialState: { status: 'unknown' },
  decide(command, state) {
    switch (command.type) {
      case 'NoteGrant':
        return noteGrant(command, state)
      case 'NoteLoss':
        return lost(state, command.reason, command.lostAt)
      case 'NoteMissingScopes': {
        const stillMissing = state.status === 'live' ? missingScopes(command.scopes, state.scopes) : []
        // What the refresh token never covered is no loss.
        if (stillMissing.length === command.scopes.length) return []
        return lost(state, 'scopes_withdrawn', command.missingSince)
      }
    }
  },
  evolve(state, fact) {
    switch (fact.type) {
      case 'GrantSeen':
        return { status: 'lost' }
      case 'RefreshTokenReceived':
        return { status: 'live', receivedAt: fact.data.receivedAt, scopes: fact.data.scopes }
      case 'RefreshTokenLost':
        return { status: 'lost' }
      default:
        return state
    }
  },
}

function noteGrant(
  { grant, refreshToken, now }: Extract<KnownGrantCommand, { type: 'NoteGrant' }>,
  state: KnownGrantState,
): readonly KnownGrantFact[] {
  const at = now.toISOString()
  if (refreshToken) {
    return [{ type: 'RefreshTokenReceived', data: { ...grant, ...refreshToken, receivedAt: at } }]
  }
  return state.status === 'unknown' ? [{ type: 'GrantSeen', data: { ...grant, seenAt: at } }] : []
}

function lost(state: KnownGrantState, reason: string, lostAt: string): readonly KnownGrantFact[] {
  const isNews = state.status === 'live' && Date.parse(lostAt) >= Date.parse(state.receivedAt)
  return isNews ? [{ type: 'RefreshTokenLost', data: { reason, lostAt } }] : []
}

/** The stream that holds what is known of one grant. */
export function knownGrantStream(grantId: string): string {
  return `known-grant-${grantId}`
}
