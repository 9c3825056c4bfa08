import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { createGoogleConsent } from '../adapters/google/google-consent.ts'
import type { ConsentAnswer, ConsentProvider } from '../application/ports.ts'

export const client = { id: 'client-1.apps.example', secret: 'client-secret-1' }
export const redirectUri = 'http://127.0.0.1:8080/v1/oauth/google/callback'
export const verifier = 'v'.repeat(43)
export const nonce = 'n'.repeat(43)
export const state = 's'.repeat(43)
export const question = { state, verifier, nonce, scopes: ['openid'], loginHint: null, forceConsent: false }

type Keys = Awaited<ReturnType<typeof generateKeyPair>>

/** What the server says next; a test changes what it wants otherwise. */
interface Answers {
  discovery: (issuer: string) => object
  idToken: JWTPayload
  signWith: Keys
  token: (idToken: string) => object
  headers: Record<string, string>
  tokenStatus: number
  push: { status: number; body: object }
  /** Where /auth redirects to; null for an error page. */
  authRedirect: string | null
}

/** An authorization server that answers whatever a test wants, and our consent in front of it. */
export interface AuthorizationServer {
  answers: Answers
  issuer: string
  /** Not those in its key set. */
  wrongKeys: Keys
  /** Forms that came to the token and push endpoints. */
  received: { authorization: string | undefined; form: URLSearchParams }[]
  /** How often the discovery document was read. */
  discoveries: number
  /** Paths and queries that came to /auth. */
  asked: string[]
  consent(): ConsentProvider
  callback(parameters?: Record<string, string>): ConsentAnswer
}

export function useAuthorizationServer(): AuthorizationServer {
  let server: Server
  let rightKeys: Keys
  const google = { consent, callback } as AuthorizationServer

  beforeAll(async () => {
    rightKeys = await generateKeyPair('RS256')
    google.wrongKeys = await generateKeyPair('RS256')
    const jwk = { ...(await exportJWK(rightKeys.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }
    server = createServer(async (request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://localhost')
      const { answers } = google
      if (pathname === '/auth') {
        google.asked.push(request.url ?? '')
        const { authRedirect: location } = answers
        response.writeHead(location === null ? 400 : 302, location === null ? {} : { location })
        response.end()
        return
      }
      const body = await answer(request, jwk)
      const status = { '/token': answers.tokenStatus, '/par': answers.push.status }[pathname] ?? 200
      response.writeHead(status, { 'content-type': 'application/json', ...answers.headers })
      response.end(JSON.stringify(body))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
    google.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))
  beforeEach(() => {
    google.received = []
    google.discoveries = 0
    google.asked = []
    google.answers = usualAnswers(google.issuer, rightKeys)
  })

  async function answer(request: IncomingMessage, jwk: object): Promise<object> {
    const { answers } = google
    if (request.url === '/jwks') return { keys: [jwk] }
    if (request.url !== '/token' && request.url !== '/par') {
      google.discoveries += 1
      return answers.discovery(google.issuer)
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const form = new URLSearchParams(Buffer.concat(chunks).toString())
    google.received.push({ authorization: request.headers.authorization, form })
    if (request.url === '/par') return answers.push.body
    const idToken = await new SignJWT(answers.idToken)
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .sign(answers.signWith.privateKey)
    return answers.token(idToken)
  }

  function consent(): ConsentProvider {
    const guard = <T>(work: (signal: AbortSignal) => Promise<T>) => work(AbortSignal.timeout(5_000))
    const guards = { discovery: guard, token: guard, push: guard }
    const clock = { now: () => new Date() }
    return createGoogleConsent({ issuer: google.issuer, client, missing: [], redirectUri, clock, guards })
  }

  function callback(
    parameters: Record<string, string> = { code: 'code-1', state, iss: google.issuer },
  ): ConsentAnswer {
    return {
      parameters: new URLSearchParams(parameters),
      state,
      verifier,
      nonce,
      scopes: ['openid', 'asked'],
    }
  }
  return google
}

function usualAnswers(issuer: string, signWith: Keys): Answers {
  const seconds = Math.floor(Date.now() / 1000)
  const about = { sub: '110', email: 'alice@example.com', nonce }
  return {
    discovery: (origin) => ({
      issuer: origin,
      authorization_endpoint: `${origin}/auth`,
      token_endpoint: `${origin}/token`,
      jwks_uri: `${origin}/jwks`,
      authorization_response_iss_parameter_supported: true,
    }),
    idToken: { iss: issuer, aud: client.id, ...about, iat: seconds, exp: seconds + 3600 },
    signWith,
    token: (idToken) => ({
      access_token: 'access-1',
      refresh_token: 'refresh-1',
      token_type: 'Bearer',
      expires_in: 3599,
      scope: 'openid email',
      id_token: idToken,
    }),
    headers: {},
    tokenStatus: 200,
    push: { status: 201, body: { request_uri: 'urn:ietf:params:oauth:request_uri:1', expires_in: 60 } },
    authRedirect: `${redirectUri}?error=interaction_required`,
  }
}
