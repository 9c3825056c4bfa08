/** What ended one grant, or keeps it from being refreshed by a fault of our own client. Times are RFC 3339 UTC. */
export interface Trouble {
  readonly grantId: string
  readonly connectionIds: readonly string[]
  /** The word its connection shows. */
  readonly reason: string
  readonly began: string
  /** Whose tokens these are: an issuer knows one client of ours. */
  readonly client: string
  readonly accountId: string
  /** null for consumers. */
  readonly domain: string | null
  readonly withGmail: boolean
  /** When the user consented to the refresh token; null when there was none. */
  readonly tokenSince: string | null
  /** Grants of the same account without Gmail that were refreshed after this one ended. */
  readonly survivorsWithoutGmail: number
}

/** A grant that still works, from a sample of those refreshed last. */
export interface LivingGrant {
  readonly client: string
  readonly domain: string | null
  readonly withGmail: boolean
  readonly tokenSince: string | null
  readonly lastRefreshedAt: string | null
}

export type CohortReason =
  | 'client_misconfigured'
  | 'consent_expired_testing_mode'
  | 'admin_policy'
  | 'session_control'
  | 'account_disabled'
  | 'refresh_token_limit'
  | 'password_changed'
  | 'client_changed'

/** Google said it; everything at hand agrees; or other explanations are as good. */
export type Confidence = 'certain' | 'likely' | 'possible'

/** Many grants with one cause. */
export interface Cohort {
  readonly reason: CohortReason
  readonly confidence: Confidence
  readonly members: readonly Trouble[]
}

/** RFC 3339 in UTC sorts as text. */
export function earliest(troubles: readonly Trouble[]): string {
  return troubles.map(({ began }) => began).sort()[0] ?? ''
}

export function latest(troubles: readonly Trouble[]): string {
  return (
    troubles
      .map(({ began }) => began)
      .sort()
      .at(-1) ?? ''
  )
}

export function different(values: readonly (string | null)[]): number {
  return new Set(values).size
}
