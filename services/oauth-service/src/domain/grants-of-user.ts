import { connectionIdOf, missingScopes, services } from '@evergrant/event-contracts'

/** What this service has heard of a grant that an earlier authorization led to. */
export interface GrantOfUser {
  readonly grantId: string
  readonly email: string
  /** A refresh token works, as far as this service has heard. */
  readonly refreshTokenLive: boolean
  /** What that refresh token was given for. */
  readonly scopes: readonly string[]
  /** Only in testing mode does Google say so. */
  readonly refreshTokenExpiresAt: Date | null
}

/** The grant that a connection belongs to: anyone who knows the grant knows its connections' ids. */
export function grantOfConnection(
  grants: readonly GrantOfUser[],
  connectionId: string,
): GrantOfUser | undefined {
  return grants.find(({ grantId }) =>
    services.some((service) => connectionIdOf(grantId, service) === connectionId),
  )
}

/** The grant of an account, by its address. */
export function grantOfAccount(grants: readonly GrantOfUser[], email: string): GrantOfUser | undefined {
  const wanted = email.toLowerCase()
  return grants.find((grant) => grant.email.toLowerCase() === wanted)
}

/** Whether a refresh token works that was given for all these scopes. */
export function refreshTokenCovers(
  grant: GrantOfUser | undefined,
  scopes: readonly string[],
  now: Date,
): boolean {
  if (!grant?.refreshTokenLive) return false
  const { refreshTokenExpiresAt: end } = grant
  const ended = end !== null && end.getTime() <= now.getTime()
  return !ended && missingScopes(scopes, grant.scopes).length === 0
}

/** Whether Google has to be asked for a new refresh token. Without a hint every grant of the user must be covered: nobody
 * knows yet which account will be chosen, and the one to repair is the likeliest. */
export function needsFreshConsent(
  grants: readonly GrantOfUser[],
  wish: { readonly loginHint: string | null; readonly scopes: readonly string[] },
  now: Date,
): boolean {
  const hinted = wish.loginHint === null ? undefined : grantOfAccount(grants, wish.loginHint)
  const meant = wish.loginHint === null ? grants : hinted ? [hinted] : []
  return meant.length === 0 || !meant.every((grant) => refreshTokenCovers(grant, wish.scopes, now))
}
