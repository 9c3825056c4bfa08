import { randomUUID } from 'node:crypto'
import { digest, newSecret } from '../fingerprint.ts'
import type { Grant, RefreshToken, WorldState } from '../state.ts'
import { isIdentityScope } from './scopes.ts'

/** Google drops the oldest refresh token of an account and client silently beyond this many. */
const refreshTokensPerGrant = 100
/** Six months without use end a refresh token. */
const unusedRefreshTokenMs = 182 * 24 * 3600 * 1000
/** Consent to an app in testing ends after seven days. */
const testingMs = 7 * 24 * 3600 * 1000
/** Google says 3599, not 3600: the second it took to answer is counted. */
export const accessTokenSeconds = 3599

export function liveGrant(state: WorldState, sub: string, clientId: string): Grant | undefined {
  return [...state.grants.values()].find(
    (grant) => grant.sub === sub && grant.clientId === clientId && grant.revokedAt === null,
  )
}

/** Adds scopes to the account's grant for this client, or makes the first one. */
export function grantScopes(
  state: WorldState,
  to: { readonly sub: string; readonly clientId: string; readonly scopes: readonly string[] },
  now: number,
): Grant {
  const existing = liveGrant(state, to.sub, to.clientId)
  const scopes = [...new Set([...(existing?.scopes ?? []), ...to.scopes])]
  const grant: Grant = existing
    ? { ...existing, scopes }
    : { id: randomUUID(), sub: to.sub, clientId: to.clientId, scopes, createdAt: now, revokedAt: null }
  state.grants.set(grant.id, grant)
  state.changed.add('access')
  return grant
}

export function issueAccessToken(
  state: WorldState,
  from: { readonly grantId: string; readonly scopes: readonly string[]; readonly offline: boolean },
  now: number,
): string {
  const token = newSecret('ya29.a0Emu')
  state.accessTokens.set(digest(token), { ...from, expiresAt: now + accessTokenSeconds * 1000 })
  forgetLongExpired(state.accessTokens, now)
  state.changed.add('access')
  return token
}

/** Oldest first, so it can stop early. A day of grace keeps the answer for a late token the same as for a fresh one. */
export function forgetLongExpired(tokens: Map<string, { readonly expiresAt: number }>, now: number): void {
  for (const [key, { expiresAt }] of tokens) {
    if (expiresAt >= now - 24 * 3600 * 1000) return
    tokens.delete(key)
  }
}

export function issueRefreshToken(
  state: WorldState,
  from: { readonly grantId: string; readonly scopes: readonly string[]; readonly testing: boolean },
  now: number,
): { readonly token: string; readonly expiresAt: number | null } {
  const token = newSecret('1//0eMu')
  const { grantId, scopes, testing } = from
  // Apps that ask for nothing but who somebody is are spared.
  const expiresAt = testing && !scopes.every(isIdentityScope) ? now + testingMs : null
  state.refreshTokens.set(digest(token), { grantId, scopes, createdAt: now, lastUsedAt: now, expiresAt })
  const siblings = refreshTokensOf(state, from.grantId)
  for (const [key] of siblings.slice(0, -refreshTokensPerGrant)) state.refreshTokens.delete(key)
  state.changed.add('access')
  return { token, expiresAt }
}

/** Oldest first: a Map keeps the order of insertion. */
function refreshTokensOf(state: WorldState, grantId: string): [string, RefreshToken][] {
  return [...state.refreshTokens].filter(([, token]) => token.grantId === grantId)
}

/** Those that have not run out. */
export const liveRefreshTokensOf = (state: WorldState, grantId: string, now: number) =>
  refreshTokensOf(state, grantId).filter(([, token]) => !isOver(token, now))

const isOver = ({ lastUsedAt, expiresAt }: RefreshToken, now: number) =>
  lastUsedAt + unusedRefreshTokenMs < now || (expiresAt !== null && expiresAt <= now)

/** The refresh token and its grant while both live; using it restarts its six months. */
export function useRefreshToken(state: WorldState, token: string, now: number) {
  const key = digest(token)
  const found = state.refreshTokens.get(key)
  const grant = found && state.grants.get(found.grantId)
  if (!found || !grant || grant.revokedAt !== null || isOver(found, now)) return undefined
  state.refreshTokens.set(key, { ...found, lastUsedAt: now })
  state.changed.add('access')
  return { refreshToken: found, grant }
}

/** An access token that works right now, with whom it speaks for. */
export function liveAccessToken(state: WorldState, token: string, now: number) {
  const found = state.accessTokens.get(digest(token))
  const grant = found && state.grants.get(found.grantId)
  const account = grant && state.accounts.get(grant.sub)
  if (!found || !grant || !account || grant.revokedAt !== null || found.expiresAt <= now) return undefined
  return { accessToken: found, grant, account }
}

/** The grant behind an access or refresh token, live or not. */
export function grantOfToken(state: WorldState, token: string): Grant | undefined {
  const key = digest(token)
  const grantId = state.refreshTokens.get(key)?.grantId ?? state.accessTokens.get(key)?.grantId
  return grantId === undefined ? undefined : state.grants.get(grantId)
}

/** Ends a grant: every access and refresh token of it, of every service, at once. */
export function revokeGrant(state: WorldState, grant: Grant, now: number): void {
  state.grants.set(grant.id, { ...grant, revokedAt: now })
  for (const [key, token] of state.refreshTokens) {
    if (token.grantId === grant.id) state.refreshTokens.delete(key)
  }
  for (const [key, token] of state.accessTokens) {
    if (token.grantId === grant.id) state.accessTokens.delete(key)
  }
  state.changed.add('access')
}
