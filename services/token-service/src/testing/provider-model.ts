import type { RefreshAnswer } from '../application/ports.ts'
import type { RefreshEvidence } from '../domain/failure-class.ts'
import type { ProviderPolicy } from '../domain/provider-policy.ts'

export const lifetimeMs = 3_600_000
export const allScopes = ['openid', 'https://www.googleapis.com/auth/calendar.readonly']

interface Spent {
  readonly at: number
  readonly answer: RefreshAnswer
}

/** What a provider of one policy knows about one grant. */
export interface ProviderModel {
  /** A consent: a new pair. */
  consent(now: number): { readonly accessToken: string; readonly refreshToken: string }
  /** One refresh as the token endpoint answers it. */
  spend(refreshToken: string, now: number): RefreshAnswer
  /** The user takes the access back. */
  revoke(): void
  works(accessToken: string, now: number): boolean
  expiresAt(accessToken: string): number | undefined
  /** Whether a refresh token would be taken now. */
  takes(refreshToken: string, now: number): boolean
  revokedByUser(): boolean
}

/** @param name begins each of its tokens, for a provider that knows several. */
export function createProviderModel(
  policy: ProviderPolicy,
  random: () => number,
  name = 'grant',
): ProviderModel {
  const accessTokens = new Map<string, number>()
  const spent = new Map<string, Spent>()
  let current: string | undefined
  let dead = false
  let byUser = false
  let count = 0

  const issue = (now: number): string => {
    const token = `${name}.at-${++count}`
    accessTokens.set(token, now + lifetimeMs)
    return token
  }
  const refused = (): RefreshAnswer =>
    failure({ httpStatus: 400, error: 'invalid_grant', errorSubtype: null })

  return {
    consent: (now) => {
      dead = false
      byUser = false
      spent.clear()
      current = `${name}.rt-${++count}`
      return { accessToken: issue(now), refreshToken: current }
    },
    spend: (refreshToken, now) => {
      if (dead) return refused()
      const before = spent.get(refreshToken)
      if (before) {
        if (policy.kind === 'replay_window' && now - before.at <= policy.windowSeconds * 1000)
          return before.answer
        // A used refresh token is a stolen one: the whole family goes (RFC 9700, 4.14.2).
        if (policy.kind === 'strict') dead = true
        return refused()
      }
      if (refreshToken !== current) return refused()
      if (policy.kind !== 'non_rotating') current = `${name}.rt-${++count}`
      const answer: RefreshAnswer = {
        ok: true,
        accessToken: issue(now),
        refreshToken: policy.kind === 'non_rotating' ? null : current,
        scopes: random() < 0.1 ? allScopes.slice(0, 1) : allScopes,
        expiresAt: new Date(now + lifetimeMs),
      }
      if (policy.kind !== 'non_rotating') spent.set(refreshToken, { at: now, answer })
      return answer
    },
    revoke: () => {
      dead = true
      byUser = true
    },
    works: (accessToken, now) => !dead && (accessTokens.get(accessToken) ?? 0) > now,
    expiresAt: (accessToken) => accessTokens.get(accessToken),
    takes: (refreshToken, now) => {
      const before = spent.get(refreshToken)
      if (dead) return false
      if (!before) return refreshToken === current
      return policy.kind === 'replay_window' && now - before.at <= policy.windowSeconds * 1000
    },
    revokedByUser: () => byUser,
  }
}

export function failure(evidence: RefreshEvidence, retryAfterSeconds: number | null = null): RefreshAnswer {
  return { ok: false, evidence, retryAfterSeconds }
}
