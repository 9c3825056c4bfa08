import type { EventResource } from '../calendar/event-resource.ts'
import type { World } from '../world.ts'

/** Everything the emulator holds, for comparing with what a client stored. Tokens only as digests' beginnings. */
export interface Dump {
  readonly now: string
  readonly accounts: readonly { readonly sub: string; readonly email: string; readonly name: string }[]
  readonly grants: readonly {
    readonly id: string
    readonly email: string
    readonly clientId: string
    readonly scopes: readonly string[]
    readonly revoked: boolean
    readonly refreshTokens: readonly string[]
    readonly liveAccessTokens: number
  }[]
  readonly calendars: readonly {
    readonly id: string
    readonly summary: string
    readonly timeZone: string
    readonly owner: string
    readonly sharedWith: readonly { readonly email: string; readonly accessRole: string }[]
    readonly events: readonly EventResource[]
  }[]
}

export function dump({ state, clock }: World): Dump {
  const emailOf = (sub: string) => state.accounts.get(sub)?.email ?? sub
  const now = clock.now()
  return {
    now: now.toISOString(),
    accounts: [...state.accounts.values()],
    grants: [...state.grants.values()].map(({ id, sub, clientId, scopes, revokedAt }) => ({
      id,
      email: emailOf(sub),
      clientId,
      scopes,
      revoked: revokedAt !== null,
      refreshTokens: [...state.refreshTokens]
        .filter(([, token]) => token.grantId === id)
        .map(([key]) => `fp:${key.slice(0, 10)}`),
      liveAccessTokens: [...state.accessTokens.values()].filter(
        (token) => token.grantId === id && token.expiresAt > now.getTime(),
      ).length,
    })),
    calendars: [...state.calendars.values()].map((calendar) => ({
      id: calendar.id,
      summary: calendar.summary,
      timeZone: calendar.timeZone,
      owner: emailOf(calendar.ownerSub),
      sharedWith: [...state.listEntries.values()]
        .filter(
          (entry) => entry.calendarId === calendar.id && entry.sub !== calendar.ownerSub && !entry.deleted,
        )
        .map((entry) => ({ email: emailOf(entry.sub), accessRole: entry.accessRole })),
      events: [...calendar.events.values()].map((event) => event.resource),
    })),
  }
}
