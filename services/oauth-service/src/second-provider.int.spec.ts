import { connectionIdOf, contracts, requiredScopes } from '@evergrant/event-contracts'
import { compactDecrypt } from 'jose'
import {
  allowInsecureRequests,
  ClientSecretBasic,
  discoveryRequest,
  processDiscoveryResponse,
  processRefreshTokenResponse,
  refreshTokenGrantRequest,
} from 'oauth4webapi'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { consentDriver } from './test-kit/consent-driver.ts'
import { type StrictProvider, startStrictProvider } from './test-kit/strict-provider.ts'
import { useOauthService } from './testing.ts'

const on = useOauthService()
const { browser, eventOf, opened, read, somebody } = consentDriver(on)

let strict: StrictProvider
let url: string

const clientOf = ({ issuer, client }: StrictProvider) => ({
  GOOGLE_ISSUER: issuer,
  GOOGLE_CLIENT_ID: client.id,
  GOOGLE_CLIENT_SECRET: client.secret,
})

beforeAll(async () => {
  strict = await startStrictProvider(`${on.publicUrl}/v1/oauth/google/callback`)
  url = (await on.start(clientOf(strict))).url
})
afterAll(() => strict.close())
beforeEach(() => {
  strict.lasting = true
})

/** The whole way, with this provider instead of the emulator. */
async function connect(body: object, answer: { deny?: boolean; scopes?: readonly string[] } = {}) {
  const { sub, email } = somebody()
  const { id, authorizationUrl } = await opened(sub, body)
  const visitor = browser(url)
  const { location } = await visitor.open(authorizationUrl)
  const redirect = await strict.answer(location ?? '', { email, ...answer })
  return { sub, email, id, visitor, location: location ?? '', page: await visitor.open(redirect) }
}

const issuedOf = async (id: string) => {
  const event = contracts.tokenIssued.schema.parse(await eventOf(contracts.tokenIssued.subject, id))
  const { plaintext } = await compactDecrypt(event.sealedTokens, on.sealingPrivateKey)
  return { event, tokens: JSON.parse(new TextDecoder().decode(plaintext)) as { refreshToken: string | null } }
}

describe('with a certified provider that knows nothing of Google', () => {
  it('a user is connected, and the browser never carries the request', async () => {
    const { id, sub, email, location, page } = await connect({ services: ['calendar', 'drive'] })
    expect([...new URL(location).searchParams.keys()].sort()).toEqual(['client_id', 'request_uri'])
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('<h1>Connected') })
    const { event } = await issuedOf(id)
    expect(event).toMatchObject({
      issuer: strict.issuer,
      account: { id: email, email },
      missingScopes: [],
      refreshTokenIncluded: true,
    })
    expect((await read(sub, id)).body).toMatchObject({
      status: 'granted',
      connections: [connectionIdOf(event.grantId, 'calendar'), connectionIdOf(event.grantId, 'drive')],
    })
  })

  it('the refresh token that was sealed works, rotates, and works only once', async () => {
    const { id } = await connect({ services: ['calendar'] })
    const { tokens } = await issuedOf(id)
    const insecure = { [allowInsecureRequests]: true }
    const issuer = new URL(strict.issuer)
    const server = await processDiscoveryResponse(issuer, await discoveryRequest(issuer, insecure))
    const client = { client_id: strict.client.id }
    const refresh = async (token: string) =>
      processRefreshTokenResponse(
        server,
        client,
        await refreshTokenGrantRequest(
          server,
          client,
          ClientSecretBasic(strict.client.secret),
          token,
          insecure,
        ),
      )
    const rotated = await refresh(tokens.refreshToken ?? '')
    expect(rotated.refresh_token).toBeDefined()
    expect(rotated.refresh_token).not.toBe(tokens.refreshToken)
    await expect(refresh(tokens.refreshToken ?? '')).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('a user who says no is denied', async () => {
    const { id, sub, page } = await connect({ services: ['calendar'] }, { deny: true })
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('You chose not to') })
    expect((await read(sub, id)).body).toMatchObject({ status: 'denied', reason: 'access_denied' })
  })

  it('a user who ticks only some of it is told the rest', async () => {
    const scopes = requiredScopes('calendar', 'read')
    const { id, sub, page } = await connect({ services: ['calendar', 'gmail'] }, { scopes })
    expect(page.body).toContain('Partly connected')
    expect((await read(sub, id)).body).toMatchObject({
      status: 'granted',
      missingScopes: requiredScopes('gmail', 'read'),
      incomplete: [{ service: 'gmail', action: { kind: 'grant_scopes' } }],
    })
  })

  it('a provider that gives no refresh token even when asked to is told about, and the user is not sent in circles', async () => {
    strict.lasting = false
    const { id, sub, page } = await connect({ services: ['calendar'] })
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('no lasting access') })
    expect((await read(sub, id)).body).toMatchObject({
      status: 'granted',
      reason: 'refresh_token_missing',
      action: { kind: 'reconnect' },
    })
    expect((await issuedOf(id)).event.refreshTokenIncluded).toBe(false)
  })

  it('a wrong client secret is our fault, told before anybody is sent away, and the link stays good', async () => {
    const { url: wrong } = await on.start({ ...clientOf(strict), GOOGLE_CLIENT_SECRET: 'wrong' })
    const { sub } = somebody()
    const { authorizationUrl } = await opened(sub)
    expect(await browser(wrong).open(authorizationUrl)).toMatchObject({
      status: 503,
      body: expect.stringContaining('refuses this client'),
    })
    expect((await browser(url).open(authorizationUrl)).status).toBe(302)
  })

  it('the setup check finds client and redirect URI right', async () => {
    const response = await fetch(`${url}/v1/oauth/google/configuration`, {
      headers: { authorization: await on.issuer.bearer('olga', { scope: 'admin' }) },
    })
    expect(await response.json()).toMatchObject({
      ready: true,
      checks: expect.arrayContaining([
        expect.objectContaining({ name: 'client', status: 'ok' }),
        expect.objectContaining({ name: 'redirect_uri', status: 'ok' }),
      ]),
    })
  })
})
