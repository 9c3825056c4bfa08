import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../clock-and-ids.ts'
import { type Authenticator, createAuthenticator } from './authenticator.ts'

const audience = 'evergrant'
let server: Server
let answer: { status: number; body: string }
let asked: number
let privateKey: CryptoKey
let issuer: string
let authenticator: Authenticator

beforeEach(async () => {
  const pair = await generateKeyPair('EdDSA')
  privateKey = pair.privateKey
  const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'EdDSA' }]
  answer = { status: 200, body: JSON.stringify({ keys }) }
  asked = 0
  server = createServer((_request, response) => {
    asked++
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  authenticator = createAuthenticator({ issuer, audience, jwksUri: `${issuer}/jwks` })
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const now = () => Math.floor(Date.now() / 1000)

async function bearer(claims: Record<string, unknown> = {}, header: { kid?: string } = {}): Promise<string> {
  const payload = { iss: issuer, aud: audience, sub: 'alice', exp: now() + 60, ...claims }
  const jwt = await new SignJWT(payload)
    .setProtectedHeader({ alg: 'EdDSA', kid: 'k1', ...header })
    .sign(privateKey)
  return `Bearer ${jwt}`
}

const refusal = (code: string, kind = 'unauthenticated') => expect.objectContaining({ code, kind })

describe('a bearer token', () => {
  it('names its subject and scopes', async () => {
    const caller = await authenticator.authenticate(await bearer({ scope: 'tokens:read  admin' }))
    expect(caller).toEqual({ sub: 'alice', scopes: ['tokens:read', 'admin'] })
  })
  it('is verified with keys that are read once', async () => {
    for (let i = 0; i < 3; i++) await authenticator.authenticate(await bearer())
    expect(asked).toBe(1)
  })
  it.each<[string, Record<string, unknown>, { kid?: string }]>([
    ['another issuer', { iss: 'http://elsewhere' }, {}],
    ['another audience', { aud: 'other' }, {}],
    ['no expiry', { exp: undefined }, {}],
    ['no subject', { sub: undefined }, {}],
    ['an empty subject', { sub: '' }, {}],
    ['a start in the future', { nbf: now() + 120 }, {}],
    ['an unknown key', {}, { kid: 'k2' }],
  ])('is refused with %s', async (_what, claims, header) => {
    await expect(authenticator.authenticate(await bearer(claims, header))).rejects.toEqual(
      refusal('invalid_token'),
    )
  })
  it('is refused as expired only after 30 s of tolerance', async () => {
    await expect(authenticator.authenticate(await bearer({ exp: now() - 20 }))).resolves.toBeDefined()
    await expect(authenticator.authenticate(await bearer({ exp: now() - 40 }))).rejects.toEqual(
      refusal('token_expired'),
    )
  })
  it('is refused when it is signed with a shared secret', async () => {
    const jwt = await new SignJWT({ iss: issuer, aud: audience, sub: 'alice', exp: now() + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .sign(new TextEncoder().encode(answer.body.padEnd(32, ' ')))
    await expect(authenticator.authenticate(`Bearer ${jwt}`)).rejects.toEqual(refusal('invalid_token'))
  })
  it('is refused when it is not signed at all', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const payload = part({ iss: issuer, aud: audience, sub: 'alice', exp: now() + 60 })
    const header = `Bearer ${part({ alg: 'none' })}.${payload}.`
    await expect(authenticator.authenticate(header)).rejects.toEqual(refusal('invalid_token'))
  })
  it('is refused when someone else signed it', async () => {
    const own = privateKey
    privateKey = (await generateKeyPair('EdDSA')).privateKey
    const header = await bearer()
    privateKey = own
    await expect(authenticator.authenticate(header)).rejects.toEqual(refusal('invalid_token'))
  })
  it.each(['Bearer x', 'Bearer', 'Bearer a b', 'Basic YTpi', 'x'])('is refused as %j', async (header) => {
    await expect(authenticator.authenticate(header)).rejects.toEqual(refusal('invalid_token'))
  })
  it.each([undefined, ''])('is asked for when there is none', async (header) => {
    await expect(authenticator.authenticate(header)).rejects.toEqual(refusal('authentication_required'))
  })
})

describe('a token that was verified a moment ago', () => {
  let aheadMs: number
  let later: Authenticator
  beforeEach(() => {
    aheadMs = 0
    const clock = { now: () => new Date(systemClock.now().getTime() + aheadMs) }
    later = createAuthenticator({ issuer, audience, jwksUri: `${issuer}/jwks`, clock, keysMaxAgeMs: 0 })
  })

  it('is known for half a minute, and its signature is looked at again after that', async () => {
    const header = await bearer({ exp: now() + 600, scope: 'admin' })
    const caller = await later.authenticate(header)
    answer = { status: 200, body: JSON.stringify({ keys: [] }) }
    aheadMs = 29_000
    expect(await later.authenticate(header)).toEqual(caller)
    // The issuer has withdrawn the key meanwhile.
    aheadMs = 31_000
    await expect(later.authenticate(header)).rejects.toEqual(refusal('invalid_token'))
  })

  it('is not known any longer than it is good', async () => {
    const header = await bearer({ exp: now() - 20 })
    await later.authenticate(header)
    aheadMs = 12_000
    await expect(later.authenticate(header)).rejects.toEqual(refusal('token_expired'))
  })

  it('vouches for no other token of the same subject, and for no token that was refused', async () => {
    const header = await bearer()
    await later.authenticate(header)
    const forged = header.replace(/.{6}$/, 'AAAAAA')
    await expect(later.authenticate(forged)).rejects.toEqual(refusal('invalid_token'))
    await expect(later.authenticate(forged)).rejects.toEqual(refusal('invalid_token'))
  })
})

describe('while the issuer is away', () => {
  const unavailable = refusal('identity_provider_unavailable', 'unavailable')
  it.each([
    [500, '{}'],
    [200, 'not json'],
    [200, '{}'],
  ])('a key set of %i %s is our trouble, not a bad token', async (status, body) => {
    answer = { status, body }
    await expect(authenticator.authenticate(await bearer())).rejects.toEqual(unavailable)
  })
  it('a token cannot be judged by someone who never saw a key', async () => {
    const header = await bearer()
    server.closeAllConnections()
    server.close()
    await expect(authenticator.authenticate(header)).rejects.toEqual(unavailable)
  })
  it('keys stay good for an hour, and no longer', async () => {
    let aheadMs = 0
    const clock = { now: () => new Date(systemClock.now().getTime() + aheadMs) }
    const options = { issuer, audience, jwksUri: `${issuer}/jwks`, clock, keysMaxAgeMs: 0 }
    const impatient = createAuthenticator(options)
    const header = await bearer({ exp: now() + 7_200 })
    await impatient.authenticate(header)
    answer = { status: 503, body: '' }
    // Later than a verified token is remembered.
    aheadMs = 31_000
    await expect(impatient.authenticate(header)).resolves.toMatchObject({ sub: 'alice' })
    const forged = header.replace(/.{6}$/, 'AAAAAA')
    await expect(impatient.authenticate(forged)).rejects.toEqual(refusal('invalid_token'))
    aheadMs = 3_600_001
    await expect(impatient.authenticate(header)).rejects.toEqual(unavailable)
  })
})
