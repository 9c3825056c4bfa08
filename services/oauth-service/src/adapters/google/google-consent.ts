import type { Clock, DomainError } from '@evergrant/decider'
import {
  AuthorizationResponseError,
  type AuthorizationServer,
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  type Client,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  calculatePKCECodeChallenge,
  clockSkew,
  getValidatedIdTokenClaims,
  processAuthorizationCodeResponse,
  type TokenEndpointResponse,
  validateApplicationLevelSignature,
  validateAuthResponse,
} from 'oauth4webapi'
import type {
  ConsentAnswer,
  ConsentOutcome,
  ConsentProvider,
  ConsentQuestion,
} from '../../application/ports.ts'
import { oauthErrors } from '../../domain/errors.ts'
import { createClockSkew } from './clock-skew.ts'
import { createDiscovery, isLoopback } from './discovery.ts'
import { exchangeError } from './provider-errors.ts'

type Guarded = <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>

export interface GoogleConsentOptions {
  readonly issuer: string
  /** Null while none is configured. */
  readonly client: { readonly id: string; readonly secret: string } | null
  readonly redirectUri: string
  readonly clock: Clock
  /** Deadline and circuit breaker, one per endpoint. */
  readonly guards: { readonly discovery: Guarded; readonly token: Guarded }
}

/** Without `expires_in` nothing is known (RFC 6749 5.1 only recommends it): short enough to be refreshed soon. */
const unknownLifetimeSeconds = 300

/** Google through its discovery document: authorization code, PKCE S256, `iss`, nonce and a signed ID token. */
export function createGoogleConsent(options: GoogleConsentOptions): ConsentProvider {
  const issuer = new URL(options.issuer)
  const allowLoopbackHttp = issuer.protocol === 'http:' && isLoopback(issuer)
  const skew = createClockSkew()
  const discovery = createDiscovery({
    issuer,
    allowLoopbackHttp,
    clock: options.clock,
    call: options.guards.discovery,
    onResponse: skew.learn,
  })
  const context: Context = {
    options,
    insecure: { [allowInsecureRequests]: allowLoopbackHttp },
    skew,
  }
  return {
    authorizationUrl: async (question) => {
      const { id } = configuredClient(options)
      return authorizationUrl(await discovery.server(), id, options.redirectUri, question)
    },
    complete: async (answer) => {
      configuredClient(options)
      let server: AuthorizationServer
      try {
        server = await discovery.server()
      } catch (error) {
        // A refusal needs nothing from Google but its issuer: a user's "no" is heard while Google is away.
        const refused = refusalWithoutDiscovery(answer, options.issuer)
        if (refused) return refused
        throw error
      }
      return complete(context, server, answer)
    },
    configuration: async () => {
      const status = await discovery.check()
      return {
        configured: options.client !== null,
        issuer: options.issuer,
        clientId: options.client && masked(options.client.id),
        redirectUri: options.redirectUri,
        discovery: { ...status, lastReadAt: status.lastReadAt?.toISOString() ?? null },
        clockSkewSeconds: skew.seconds(),
      }
    },
    standing: () => (options.client === null ? 'not_configured' : discovery.glance()),
  }
}

interface Context {
  readonly options: GoogleConsentOptions
  readonly insecure: { readonly [allowInsecureRequests]: boolean }
  readonly skew: ReturnType<typeof createClockSkew>
}

async function authorizationUrl(
  server: AuthorizationServer,
  clientId: string,
  redirectUri: string,
  question: ConsentQuestion,
): Promise<string> {
  const url = new URL(server.authorization_endpoint ?? '')
  const parameters: Record<string, string> = {
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: question.scopes.join(' '),
    state: question.state,
    nonce: question.nonce,
    code_challenge: await calculatePKCECodeChallenge(question.verifier),
    code_challenge_method: 'S256',
    access_type: 'offline',
    include_granted_scopes: 'true',
    ...(question.forceConsent ? { prompt: 'consent' } : {}),
    ...(question.loginHint === null ? {} : { login_hint: question.loginHint }),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

async function complete(
  context: Context,
  server: AuthorizationServer,
  answer: ConsentAnswer,
): Promise<ConsentOutcome> {
  const client: Client = {
    client_id: configuredClient(context.options).id,
    [clockSkew]: context.skew.seconds() ?? 0,
  }
  let parameters: URLSearchParams
  try {
    parameters = validateAuthResponse(server, client, answer.parameters, answer.state)
  } catch (error) {
    if (error instanceof AuthorizationResponseError) return { status: 'refused', error: error.error }
    // State and shape were checked before, so what is left is `iss` (RFC 9207): a mix-up. The code must go nowhere.
    throw oauthErrors.issuer_mismatch()
  }
  const { tokens, receivedAt } = await exchange(context, server, client, parameters, answer)
  const claims = getValidatedIdTokenClaims(tokens)
  if (!claims) throw oauthErrors.id_token_invalid()
  return {
    status: 'granted',
    issuer: server.issuer,
    account: { id: claims.sub, email: typeof claims.email === 'string' ? claims.email : '' },
    // Left out means: exactly what was asked for (RFC 6749 5.1).
    grantedScopes: tokens.scope === undefined ? answer.scopes : tokens.scope.split(' ').filter(Boolean),
    tokens: {
      accessToken: tokens.access_token,
      refreshToken: tokens.refresh_token ?? null,
      tokenType: tokens.token_type,
      // Counted from when the request was sent: the time the answer took was already part of the token's life.
      expiresAt: new Date(receivedAt.getTime() + (tokens.expires_in ?? unknownLifetimeSeconds) * 1000),
      refreshTokenExpiresAt: refreshTokenEnd(tokens, receivedAt),
      receivedAt,
    },
  }
}

/** Google's own word for "this application is in testing mode": its refresh tokens end after seven days. */
function refreshTokenEnd(tokens: TokenEndpointResponse, receivedAt: Date): Date | null {
  const seconds = Number(tokens.refresh_token_expires_in)
  const told = tokens.refresh_token !== undefined && Number.isFinite(seconds) && seconds > 0
  return told ? new Date(receivedAt.getTime() + seconds * 1000) : null
}

async function exchange(
  { options, insecure, skew }: Context,
  server: AuthorizationServer,
  client: Client,
  parameters: URLSearchParams,
  { verifier, nonce }: ConsentAnswer,
): Promise<{ tokens: TokenEndpointResponse; receivedAt: Date }> {
  const auth = clientAuthentication(server, configuredClient(options).secret)
  let httpStatus: number | null = null
  const receivedAt = options.clock.now()
  const failed = (error: unknown): DomainError => exchangeError(error, httpStatus)
  try {
    const tokens = await options.guards.token(async (signal) => {
      try {
        const request = { ...insecure, signal }
        const { redirectUri } = options
        const response = await authorizationCodeGrantRequest(
          server,
          client,
          auth,
          parameters,
          redirectUri,
          verifier,
          request,
        )
        httpStatus = response.status
        skew.learn(response, receivedAt)
        const checks = { expectedNonce: nonce, requireIdToken: true }
        const tokens = await processAuthorizationCodeResponse(server, client, response, checks)
        await validateApplicationLevelSignature(server, response, request)
        return tokens
      } catch (error) {
        throw failed(error)
      }
    })
    return { tokens, receivedAt }
  } catch (error) {
    throw failed(error)
  }
}

/** In the body where the server takes it there: basic's form-encoding of the id (RFC 6749 2.3.1) is read differently by many. */
function clientAuthentication(server: AuthorizationServer, secret: string): ClientAuth {
  const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  return methods.includes('client_secret_post') ? ClientSecretPost(secret) : ClientSecretBasic(secret)
}

function refusalWithoutDiscovery(answer: ConsentAnswer, issuer: string): ConsentOutcome | undefined {
  const error = answer.parameters.get('error')
  const from = answer.parameters.get('iss')
  return error && (from === null || from === issuer) ? { status: 'refused', error } : undefined
}

function configuredClient({ client }: GoogleConsentOptions): {
  readonly id: string
  readonly secret: string
} {
  if (!client) throw oauthErrors.google_client_not_configured()
  return client
}

function masked(clientId: string): string {
  return clientId.length <= 12 ? `${clientId.slice(0, 3)}…` : `${clientId.slice(0, 6)}…${clientId.slice(-6)}`
}
