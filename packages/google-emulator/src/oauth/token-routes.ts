import { digest } from '../fingerprint.ts'
import { type Call, formOf, ok, type Reply } from '../http/call.ts'
import { oauthError } from '../http/google-error.ts'
import { type Route, route } from '../http/router.ts'
import type { Grant } from '../state.ts'
import { nowMs, type World } from '../world.ts'
import { authenticateClient } from './client.ts'
import { accessTokenSeconds, issueAccessToken, issueRefreshToken, useRefreshToken } from './grants.ts'
import { idTokenFor } from './id-token.ts'

/** The token endpoint: authorization_code and refresh_token. */
export function tokenRoutes(world: World): Route[] {
  return [route('POST', '/token', (call) => answerToken(world, call))]
}

async function answerToken(world: World, call: Call): Promise<Reply> {
  const form = formOf(call)
  authenticateClient(world.client, call, form)
  const grantType = form.get('grant_type')
  if (grantType === 'authorization_code') return exchangeCode(world, form)
  if (grantType === 'refresh_token') return refresh(world, form)
  throw oauthError(400, 'unsupported_grant_type', `Invalid grant_type: ${grantType ?? ''}`)
}

async function exchangeCode(world: World, form: URLSearchParams): Promise<Reply> {
  const { state } = world
  const key = digest(required(form, 'code'))
  const code = state.codes.get(key)
  const grant = code && state.grants.get(code.grantId)
  if (!code || !grant || code.usedAt !== null || grant.revokedAt !== null || code.expiresAt <= nowMs(world)) {
    throw oauthError(400, 'invalid_grant', 'Bad Request')
  }
  if (form.get('redirect_uri') !== code.redirectUri)
    throw oauthError(400, 'redirect_uri_mismatch', 'Bad Request')
  const verifier = form.get('code_verifier')
  if (!verifier) throw oauthError(400, 'invalid_grant', 'Missing code verifier.')
  if (digest(verifier) !== code.codeChallenge)
    throw oauthError(400, 'invalid_grant', 'Invalid code verifier.')
  state.codes.set(key, { ...code, usedAt: nowMs(world) })
  const offline = code.issuesRefreshToken
  const { testing } = world.publishing
  const issued = offline
    ? issueRefreshToken(state, { grantId: grant.id, scopes: code.scopes, testing }, nowMs(world))
    : { token: null, expiresAt: null }
  const refresh = { refreshToken: issued.token, refreshExpiresAt: issued.expiresAt }
  return tokenReply(world, grant, { scopes: code.scopes, nonce: code.nonce, offline, ...refresh })
}

async function refresh(world: World, form: URLSearchParams): Promise<Reply> {
  const used = useRefreshToken(world.state, required(form, 'refresh_token'), nowMs(world))
  if (!used) throw oauthError(400, 'invalid_grant', 'Token has been expired or revoked.')
  const narrowed = form.get('scope')?.split(' ').filter(Boolean)
  const scopes = narrowed ?? used.refreshToken.scopes
  if (!scopes.every((scope) => used.refreshToken.scopes.includes(scope))) {
    throw oauthError(400, 'invalid_scope', 'Some requested scopes were invalid.')
  }
  return tokenReply(world, used.grant, {
    scopes,
    nonce: null,
    offline: true,
    refreshToken: null,
    refreshExpiresAt: used.refreshToken.expiresAt,
  })
}

interface Issue {
  readonly scopes: readonly string[]
  readonly nonce: string | null
  readonly refreshToken: string | null
  readonly refreshExpiresAt: number | null
  readonly offline: boolean
}

async function tokenReply(world: World, grant: Grant, issue: Issue): Promise<Reply> {
  const from = { grantId: grant.id, scopes: issue.scopes, offline: issue.offline }
  const accessToken = issueAccessToken(world.state, from, nowMs(world))
  const idToken = issue.scopes.includes('openid')
    ? { id_token: await idTokenFor(world, grant, { ...issue, accessToken }) }
    : {}
  const reply = ok({
    access_token: accessToken,
    expires_in: accessTokenSeconds,
    ...(issue.refreshToken !== null && { refresh_token: issue.refreshToken }),
    ...(issue.refreshExpiresAt !== null && {
      refresh_token_expires_in: Math.floor((issue.refreshExpiresAt - nowMs(world)) / 1000),
    }),
    scope: issue.scopes.join(' '),
    token_type: 'Bearer',
    ...idToken,
  })
  return { ...reply, headers: { 'cache-control': 'no-store', pragma: 'no-cache' } }
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name)
  if (!value) throw oauthError(400, 'invalid_request', `Missing required parameter: ${name}`)
  return value
}
