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
}

let server: Server
let issuer: string
let right: Keys
let wrong: Keys
let answers: Answers
let received: { authorization: string | undefined; form: URLSearchParams }[]
let discoveries: number

beforeAll(async () => {
  right = await generateKeyPair('RS256')
  wrong = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(right.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }
  server = createServer(async (request, response) => {
    const body = await answer(request, jwk)
    response.writeHead(200, { 'content-type': 'application/json', ...answers.headers })
    response.end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

beforeEach(() => {
  received = []
  discoveries = 0
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
  }
})

async function answer(request: IncomingMessage, jwk: object): Promise<object> {
  if (request.url === '/jwks') return { keys: [jwk] }
  if (request.url !== '/token') {
    discoveries += 1
    return answers.discovery(issuer)
  }
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const form = new URLSearchParams(Buffer.concat(chunks).toString())
  received.push({ authorization: request.headers.authorization, form })
  const idToken = await new SignJWT(answers.idToken)
    .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    .sign(answers.signWith.privateKey)
  return answers.token(idToken)
}

function consent(): ConsentProvider {
  const guards = { discovery: guard, token: guard }
  return createGoogleConsent({ issuer, client, redirectUri, clock: { now }, guards })
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
