import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ConsentAnswer, ConsentProvider } from '../../application/ports.ts'
import { createGoogleConsent } from './google-consent.ts'

const now = () => new Date()
const guard = <T>(work: (signal: AbortSignal) => Promise<T>) => work(AbortSignal.timeout(5_000))
const client = { id: 'client-1.apps.example', secret: 'client-secret-1' }
const redirectUri = 'http://127.0.0.1:8080/v1/oauth/google/callback'
const verifier = 'v'.repeat(43)
const nonce = 'n'.repeat(43)
const state = 's'.repeat(43)

type Keys = Awaited<ReturnType<typeof generateKeyPair>>

/** An authorization server that answers whatever a test wants. */
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

let server: Server
let issuer: string
let right: Keys
let wrong: Keys
let answers: Answers
let received: { authorization: string | undefined; form: URLSearchParams }[]
let discoveries: number
let asked: string[]

beforeAll(async () => {
  right = await generateKeyPair('RS256')
  wrong = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(right.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }
  server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://localhost')
    if (pathname === '/auth') {
      asked.push(request.url ?? '')
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
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

beforeEach(() => {
  received = []
  discoveries = 0
  asked = []
  const seconds = Math.floor(Date.now() / 1000)
  answers = {
    discovery: (origin) => ({
      issuer: origin,
      authorization_endpoint: `${origin}/auth`,
      token_endpoint: `${origin}/token`,
      jwks_uri: `${origin}/jwks`,
      authorization_response_iss_parameter_supported: true,
    }),
    idToken: {
      iss: issuer,
      aud: client.id,
      sub: '110',
      email: 'alice@example.com',
      nonce,
      iat: seconds,
      exp: seconds + 3600,
    },
    signWith: right,
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
})

async function answer(request: IncomingMessage, jwk: object): Promise<object> {
  if (request.url === '/jwks') return { keys: [jwk] }
  if (request.url !== '/token' && request.url !== '/par') {
    discoveries += 1
    return answers.discovery(issuer)
  }
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const form = new URLSearchParams(Buffer.concat(chunks).toString())
  received.push({ authorization: request.headers.authorization, form })
  if (request.url === '/par') return answers.push.body
  const idToken = await new SignJWT(answers.idToken)
    .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    .sign(answers.signWith.privateKey)
  return answers.token(idToken)
}

function consent(): ConsentProvider {
  const guards = { discovery: guard, token: guard, push: guard }
  return createGoogleConsent({ issuer, client, missing: [], redirectUri, clock: { now }, guards })
}

function callback(
  parameters: Record<string, string> = { code: 'code-1', state, iss: issuer },
): ConsentAnswer {
  return { parameters: new URLSearchParams(parameters), state, verifier, nonce, scopes: ['openid', 'asked'] }
}

describe('the code exchange', () => {
  it('proves possession of the verifier and repeats the exact redirect URI', async () => {
    await consent().complete(callback())
    expect(Object.fromEntries(received[0]?.form ?? [])).toMatchObject({
      grant_type: 'authorization_code',
      code: 'code-1',
      code_verifier: verifier,
      redirect_uri: redirectUri,
    })
  })
  it('tells who consented, to what, and until when', async () => {
    const before = Date.now()
    const outcome = await consent().complete(callback())
    expect(outcome).toMatchObject({
      status: 'granted',
      issuer,
      account: { id: '110', email: 'alice@example.com' },
      grantedScopes: ['openid', 'email'],
      tokens: { accessToken: 'access-1', refreshToken: 'refresh-1' },
    })
    if (outcome.status !== 'granted') return
    expect(outcome.tokens.expiresAt.getTime()).toBeGreaterThanOrEqual(before + 3599_000)
    expect(outcome.tokens.expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 3599_000)
  })
  it('takes a left-out scope for what was asked, and a left-out lifetime for a short one', async () => {
    answers.token = (id_token) => ({ access_token: 'access-1', token_type: 'Bearer', id_token })
    const outcome = await consent().complete(callback())
    expect(outcome).toMatchObject({ grantedScopes: ['openid', 'asked'], tokens: { refreshToken: null } })
    if (outcome.status !== 'granted') return
    expect(outcome.tokens.expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 300_000)
  })
  it('sends the client secret the way the server takes it', async () => {
    await consent().complete(callback())
    expect(received[0]?.authorization).toMatch(/^Basic /)
    const standard = answers.discovery
    answers.discovery = (origin) => ({
      ...standard(origin),
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    })
    await consent().complete(callback())
    expect(received[1]?.authorization).toBeUndefined()
    expect(received[1]?.form.get('client_secret')).toBe(client.secret)
  })
})

describe('an ID token', () => {
  it.each([
    ['of another consent (nonce)', () => ({ idToken: { ...answers.idToken, nonce: 'x'.repeat(43) } })],
    ['without a nonce', () => ({ idToken: { ...answers.idToken, nonce: undefined } })],
    ['for another client', () => ({ idToken: { ...answers.idToken, aud: 'client-2' } })],
    ['from another issuer', () => ({ idToken: { ...answers.idToken, iss: 'https://evil.example' } })],
    ['that has expired', () => ({ idToken: { ...answers.idToken, exp: 1_000_000_000 } })],
    ['signed by somebody else', () => ({ signWith: wrong })],
  ])('%s is refused', async (_what, change) => {
    Object.assign(answers, change())
    await expect(consent().complete(callback())).rejects.toMatchObject({ code: 'id_token_invalid' })
  })
  it('that is missing is refused', async () => {
    answers.token = () => ({ access_token: 'access-1', token_type: 'Bearer' })
    await expect(consent().complete(callback())).rejects.toMatchObject({
      code: expect.stringMatching(/^(id_token_invalid|exchange_failed)$/),
    })
  })
  it("is read on Google's clock, however wrong ours is", async () => {
    const seconds = Math.floor(Date.now() / 1000) - 3 * 3600
    answers.idToken = { ...answers.idToken, iat: seconds, exp: seconds + 3600 }
    answers.headers = { date: new Date(seconds * 1000).toUTCString() }
    expect(await consent().complete(callback())).toMatchObject({ status: 'granted' })
    const provider = consent()
    await provider.complete(callback())
    expect((await provider.configuration()).clockSkewSeconds).toBeLessThanOrEqual(-3 * 3600 + 1)
  })
  it('and its errors never carry the code, the verifier, a token or the client secret', async () => {
    answers.signWith = wrong
    const error: unknown = await consent()
      .complete(callback())
      .catch((caught: unknown) => caught)
    const shown = JSON.stringify(error, Object.getOwnPropertyNames(error)) + everythingOf(error)
    for (const secret of ['code-1', verifier, 'access-1', 'refresh-1', client.secret]) {
      expect(shown).not.toContain(secret)
    }
  })
})

describe('testing mode', () => {
  it('is told by a refresh token that has an end', async () => {
    const standard = answers.token
    answers.token = (idToken) => ({ ...standard(idToken), refresh_token_expires_in: 604_799 })
    const outcome = await consent().complete(callback())
    if (outcome.status !== 'granted') throw new Error('not granted')
    const { receivedAt, refreshTokenExpiresAt } = outcome.tokens
    expect(refreshTokenExpiresAt?.getTime()).toBe(receivedAt.getTime() + 604_799_000)
  })
  it.each([undefined, 0, 'soon', null])('is not told by an end of %j', async (refresh_token_expires_in) => {
    const standard = answers.token
    answers.token = (idToken) => ({ ...standard(idToken), refresh_token_expires_in })
    expect(await consent().complete(callback())).toMatchObject({ tokens: { refreshTokenExpiresAt: null } })
  })
})

describe("an administrator's policy that Google tells only at the exchange", () => {
  it.each(['admin_policy_enforced', 'org_internal', 'access_denied'])('is a no: %s', async (error) => {
    answers.tokenStatus = 400
    answers.token = () => ({ error })
    expect(await consent().complete(callback())).toEqual({ status: 'refused', error })
  })
})

describe('a server that takes pushed requests (RFC 9126)', () => {
  const question = { state, verifier, nonce, scopes: ['openid'], loginHint: null, forceConsent: false }
  beforeEach(() => {
    const standard = answers.discovery
    answers.discovery = (origin) => ({
      ...standard(origin),
      pushed_authorization_request_endpoint: `${origin}/par`,
    })
  })

  it('gets everything itself, and the browser carries a reference only', async () => {
    const url = new URL(await consent().authorizationUrl(question))
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: client.id,
      request_uri: 'urn:ietf:params:oauth:request_uri:1',
    })
    expect(received[0]?.authorization).toMatch(/^Basic /)
    expect(Object.fromEntries(received[0]?.form ?? [])).toMatchObject({
      state,
      nonce,
      redirect_uri: redirectUri,
      code_challenge_method: 'S256',
      access_type: 'offline',
    })
  })
  it.each([
    [400, 'client_misconfigured'],
    [401, 'client_misconfigured'],
    [429, 'google_unavailable'],
    [503, 'google_unavailable'],
  ])('and answers %i is told as %s', async (status, code) => {
    answers.push = { status, body: { error: 'invalid_request' } }
    await expect(consent().authorizationUrl(question)).rejects.toMatchObject({ code })
  })
  it('over plain http is not believed', async () => {
    const standard = answers.discovery
    const pushed_authorization_request_endpoint = 'http://google.example/par'
    answers.discovery = (origin) => ({ ...standard(origin), pushed_authorization_request_endpoint })
    await expect(consent().authorizationUrl(question)).rejects.toMatchObject({ code: 'google_unavailable' })
    expect(received).toEqual([])
  })
})

describe('the setup check', () => {
  it.each([
    ['an impossible code', 400, 'invalid_grant', 'accepted'],
    ['the client', 401, 'invalid_client', 'refused'],
    ['the client for good', 400, 'unauthorized_client', 'refused'],
    ['something else', 400, 'invalid_request', 'unknown'],
    ['nothing, because it is ill', 503, 'server_error', 'unknown'],
  ])('reads a server that refuses %s', async (_what, status, error, verdict) => {
    answers.tokenStatus = status
    answers.token = () => ({ error })
    expect(await consent().configuration()).toMatchObject({ client: verdict })
  })
  it.each([
    ['is sent back', `${redirectUri}?error=interaction_required`, 'accepted'],
    ['sees an error page', null, 'refused'],
    ['is sent to an error page', 'https://google.example/signin/oauth/error?x', 'refused'],
    ['is sent to sign in', 'https://google.example/signin', 'unknown'],
    ['is sent to a look-alike', `${redirectUri}.evil.example?error=x`, 'unknown'],
  ])('reads where a browser ends that nobody sits at: it %s', async (_what, location, verdict) => {
    answers.authRedirect = location
    expect(await consent().configuration()).toMatchObject({ redirectUriRegistration: verdict })
    expect(new URL(asked[0] ?? '', issuer).searchParams.get('prompt')).toBe('none')
  })
  it('does not ask again and again', async () => {
    const provider = consent()
    await provider.configuration()
    await provider.configuration()
    expect(asked).toHaveLength(1)
    expect(received).toHaveLength(1)
  })
})

describe("Google's refusal", () => {
  it('is handed on as it came', async () => {
    const refused = callback({ error: 'access_denied', state, iss: issuer })
    expect(await consent().complete(refused)).toEqual({ status: 'refused', error: 'access_denied' })
  })
})

describe('discovery', () => {
  it('is read once for many consents', async () => {
    const provider = consent()
    const question = { state, verifier, nonce, scopes: ['openid'], loginHint: null, forceConsent: false }
    const urls = await Promise.all([1, 2, 3].map(() => provider.authorizationUrl(question)))
    await provider.authorizationUrl(question)
    expect(discoveries).toBe(1)
    const parameters = new URL(urls[0] ?? '').searchParams
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    expect(parameters.get('code_challenge')).toBe(challenge)
    expect(parameters.has('prompt')).toBe(false)
    expect(parameters.has('login_hint')).toBe(false)
  })
  it.each([
    ['of another issuer', (origin: string) => ({ issuer: `${origin}/other` })],
    [
      'that sends the client secret over plain http',
      () => ({ token_endpoint: 'http://google.example/token' }),
    ],
    ['that sends users over plain http', () => ({ authorization_endpoint: 'http://google.example/auth' })],
    ['without keys', () => ({ jwks_uri: undefined })],
  ])('does not believe a document %s', async (_what, change) => {
    const standard = answers.discovery
    answers.discovery = (origin) => ({ ...standard(origin), ...change(origin) })
    await expect(consent().complete(callback())).rejects.toMatchObject({ code: 'google_unavailable' })
    expect(received).toEqual([])
  })
})

function everythingOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const context = 'context' in error ? JSON.stringify(error.context) : ''
  return `${error.message} ${error.stack} ${context} ${everythingOf(error.cause)}`
}
