import type { Clock } from '@evergrant/decider'
import {
  AuthorizationResponseError,
  type AuthorizationServer,
  allowInsecureRequests,
  type Client,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  clockSkew,
  getValidatedIdTokenClaims,
  type TokenEndpointResponse,
  validateAuthResponse,
} from 'oauth4webapi'
import type {
  ConsentAnswer,
  ConsentOutcome,
  ConsentProvider,
  ConsentQuestion,
  ProviderConfiguration,
} from '../../application/ports.ts'
import { oauthErrors } from '../../domain/errors.ts'
import { authorizationUrl } from './authorization-request.ts'
import { probeClient, probeRedirectUri } from './client-probe.ts'
import { createClockSkew } from './clock-skew.ts'
import { exchangeCode } from './code-exchange.ts'
import { createDiscovery, type Discovery, isLoopback } from './discovery.ts'

type Guarded = <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>

export interface GoogleConsentOptions {
  readonly issuer: string
  /** Null while none is configured. */
  readonly client: { readonly id: string; readonly secret: string } | null
  /** The variables that would configure one. */
  readonly missing: readonly string[]
  readonly redirectUri: string
  readonly clock: Clock
  /** Deadline and circuit breaker, one per endpoint. */
  readonly guards: { readonly discovery: Guarded; readonly token: Guarded; readonly push: Guarded }
}

/** Without `expires_in` nothing is known (RFC 6749 5.1 only recommends it): short enough to be refreshed soon. */
const unknownLifetimeSeconds = 300

/** An operator who reloads a page must not make Google think of an attack. */
const probeAgainMs = 30_000
const probeTimeoutMs = 5_000

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
  const probe = createProbe(context, discovery)
  return {
    authorizationUrl: async (question) => {
      configuredClient(options)
      return ask(context, await discovery.server(), question)
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
      const probed = await probe(status.reachable)
      return {
        configured: options.client !== null,
        missing: options.missing,
        issuer: options.issuer,
        clientId: options.client && masked(options.client.id),
        redirectUri: options.redirectUri,
        discovery: { ...status, lastReadAt: status.lastReadAt?.toISOString() ?? null },
        ...probed,
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

/** Who asks, and how it proves that. */
function partiesOf({ options, skew }: Context, server: AuthorizationServer) {
  const { id, secret } = configuredClient(options)
  const client: Client = { client_id: id, [clockSkew]: skew.seconds() ?? 0 }
  return { server, client, auth: clientAuthentication(server, secret), redirectUri: options.redirectUri }
}

function ask(
  context: Context,
  server: AuthorizationServer,
  question: ConsentQuestion & { readonly prompt?: 'none' },
): Promise<string> {
  const { insecure, options } = context
  const parties = partiesOf(context, server)
  return authorizationUrl({ ...parties, options: insecure, guard: options.guards.push }, question)
}

async function complete(
  context: Context,
  server: AuthorizationServer,
  answer: ConsentAnswer,
): Promise<ConsentOutcome> {
  const { insecure, options, skew } = context
  const parties = partiesOf(context, server)
  let parameters: URLSearchParams
  try {
    parameters = validateAuthResponse(server, parties.client, answer.parameters, answer.state)
  } catch (error) {
    if (error instanceof AuthorizationResponseError) return { status: 'refused', error: error.error }
    // State and shape were checked before, so what is left is `iss` (RFC 9207): a mix-up. The code must go nowhere.
    throw oauthErrors.issuer_mismatch()
  }
  const { clock, guards } = options
  const exchange = { ...parties, options: insecure, guard: guards.token, clock, skew }
  const exchanged = await exchangeCode(exchange, parameters, answer)
  if ('refused' in exchanged) return { status: 'refused', error: exchanged.refused }
  const { tokens, receivedAt } = exchanged
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

type Verdicts = Pick<ProviderConfiguration, 'client' | 'redirectUriRegistration'>

/** Asks Google about the client and the redirect URI, with questions that nobody can answer. */
function createProbe(context: Context, discovery: Discovery) {
  const { clock } = context.options
  const unknown: Verdicts = { client: 'unknown', redirectUriRegistration: 'unknown' }
  let last: { readonly at: number; readonly verdicts: Promise<Verdicts> } | undefined

  const look = async (): Promise<Verdicts> => {
    const parties = partiesOf(context, await discovery.server())
    const signal = AbortSignal.timeout(probeTimeoutMs)
    const nobody = { state: 'setup-check', nonce: 'setup-check', verifier: 'x'.repeat(43) }
    const question = {
      ...nobody,
      scopes: ['openid'],
      loginHint: null,
      forceConsent: false,
      prompt: 'none',
    } as const
    const [client, redirectUriRegistration] = await Promise.all([
      probeClient(parties, parties.redirectUri, { ...context.insecure, signal }),
      ask(context, parties.server, question).then(
        (url) => probeRedirectUri(url, parties.redirectUri, signal),
        // A pushed request that is refused says that something of it is wrong, but not what.
        () => 'unknown' as const,
      ),
    ])
    return { client, redirectUriRegistration }
  }
  return async (reachable: boolean) => {
    if (!reachable || context.options.client === null) return unknown
    const at = clock.now().getTime()
    // What cannot be asked is unknown; why, the discovery status says.
    if (last === undefined || at - last.at >= probeAgainMs)
      last = { at, verdicts: look().catch(() => unknown) }
    return last.verdicts
  }
}

/** Google's own word for "this application is in testing mode": its refresh tokens end after seven days. */
function refreshTokenEnd(tokens: TokenEndpointResponse, receivedAt: Date): Date | null {
  const seconds = Number(tokens.refresh_token_expires_in)
  const told = tokens.refresh_token !== undefined && Number.isFinite(seconds) && seconds > 0
  return told ? new Date(receivedAt.getTime() + seconds * 1000) : null
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
