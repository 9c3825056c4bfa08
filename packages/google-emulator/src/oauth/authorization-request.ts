import { isRegisteredRedirectUri, type OAuthClient } from './client.ts'
import { canonicalScopes, isKnownScope } from './scopes.ts'

export interface AuthorizationRequest {
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly state: string | null
  readonly nonce: string | null
  readonly codeChallenge: string
  readonly offline: boolean
  readonly prompts: readonly string[]
  readonly includeGrantedScopes: boolean
  readonly loginHint: string | null
}

/** A refusal the person sees: sending them to an unproven redirect URI would make an open redirector. */
export class ConsentRefused extends Error {
  readonly code: string
  readonly status: number
  constructor(code: string, message: string, status = 400) {
    super(message)
    this.name = 'ConsentRefused'
    this.code = code
    this.status = status
  }
}

/** A refusal the client learns by redirect (RFC 6749 section 4.1.2.1). */
export class AuthorizationRefused extends Error {
  readonly code: string
  readonly redirectUri: string
  readonly state: string | null
  constructor(code: string, to: { redirectUri: string; state: string | null }, message: string) {
    super(message)
    this.name = 'AuthorizationRefused'
    this.code = code
    this.redirectUri = to.redirectUri
    this.state = to.state
  }
}

/** @throws ConsentRefused | AuthorizationRefused */
export function parseAuthorizationRequest(query: URLSearchParams, client: OAuthClient): AuthorizationRequest {
  if (query.get('client_id') !== client.clientId) {
    throw new ConsentRefused('invalid_client', 'The OAuth client was not found.')
  }
  const redirectUri = query.get('redirect_uri') ?? ''
  if (!isRegisteredRedirectUri(client, redirectUri)) {
    throw new ConsentRefused('redirect_uri_mismatch', 'The redirect URI in the request is not registered.')
  }
  const to = { redirectUri, state: query.get('state') }
  refuseUnless(
    query.get('response_type') === 'code',
    'unsupported_response_type',
    to,
    'Only response_type=code.',
  )
  const scopes = canonicalScopes((query.get('scope') ?? '').split(' ').filter(Boolean))
  refuseUnless(scopes.length > 0, 'invalid_request', to, 'Missing required parameter: scope')
  refuseUnless(scopes.every(isKnownScope), 'invalid_scope', to, 'Some requested scopes were invalid.')
  const codeChallenge = query.get('code_challenge') ?? ''
  // RFC 9700 section 2.1.1: without PKCE a stolen code is enough. Stricter than Google, to notice a client that forgot it.
  refuseUnless(codeChallenge !== '', 'invalid_request', to, 'Missing required parameter: code_challenge')
  const isS256 = query.get('code_challenge_method') === 'S256' && /^[\w-]{43}$/.test(codeChallenge)
  refuseUnless(isS256, 'invalid_request', to, 'code_challenge_method must be S256.')
  const prompts = (query.get('prompt') ?? '').split(' ').filter(Boolean)
  refuseUnless(!prompts.includes('none'), 'interaction_required', to, 'The emulator always asks a person.')
  return {
    ...to,
    scopes,
    nonce: query.get('nonce'),
    codeChallenge,
    offline: query.get('access_type') === 'offline',
    prompts,
    includeGrantedScopes: query.get('include_granted_scopes') === 'true',
    loginHint: query.get('login_hint'),
  }
}

function refuseUnless(
  held: boolean,
  code: string,
  to: { redirectUri: string; state: string | null },
  message: string,
): void {
  if (!held) throw new AuthorizationRefused(code, to, message)
}
