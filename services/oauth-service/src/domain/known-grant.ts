import type { Decider } from '@evergrant/decider'

/*
 * What this service remembers of a grant, to know whether Google has to be asked for a new refresh token. The grant itself
 * belongs to token-service; its bad news (revoked, reauthorization required) arrives on the bus, perhaps late, so news from
 * before the latest consent is old news.
 */
export type KnownGrantFact =
  | {
      readonly type: 'RefreshTokenReceived'
      readonly data: {
        readonly grantId: string
        readonly userId: string
        readonly email: string
        /** What the refresh token was given for: it never covers a scope that was granted later. */
        readonly scopes: readonly string[]
        readonly receivedAt: string
      }
    }
  | { readonly type: 'RefreshTokenLost'; readonly data: { readonly reason: string; readonly lostAt: string } }

export type KnownGrantCommand =
  | {
      readonly type: 'NoteRefreshToken'
      readonly grantId: string
      readonly userId: string
      readonly email: string
      readonly scopes: readonly string[]
      readonly now: Date
    }
  | { readonly type: 'NoteLoss'; readonly reason: string; readonly lostAt: string }

export type KnownGrantState =
  | { readonly status: 'unknown' | 'lost' }
  | { readonly status: 'live'; readonly receivedAt: string }

export const knownGrant: Decider<KnownGrantState, KnownGrantCommand, KnownGrantFact> = {
  initialState: { status: 'unknown' },
  decide(command, state) {
    if (command.type === 'NoteRefreshToken') {
      const { grantId, userId, email, scopes, now } = command
      return [
        {
          type: 'RefreshTokenReceived',
          data: { grantId, userId, email, scopes, receivedAt: now.toISOString() },
        },
      ]
    }
    const isNews = state.status === 'live' && Date.parse(command.lostAt) >= Date.parse(state.receivedAt)
    return isNews
      ? [{ type: 'RefreshTokenLost', data: { reason: command.reason, lostAt: command.lostAt } }]
      : []
  },
  evolve(state, fact) {
    switch (fact.type) {
      case 'RefreshTokenReceived':
        return { status: 'live', receivedAt: fact.data.receivedAt }
      case 'RefreshTokenLost':
        return { status: 'lost' }
      default:
        return state
    }
  },
}

/** The stream that holds what is known of one grant. */
export function knownGrantStream(grantId: string): string {
  return `known-grant-${grantId}`
}
