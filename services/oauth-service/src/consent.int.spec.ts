import { connectionIdOf, contracts, grantIdOf, requiredScopes } from '@evergrant/event-contracts'
import { compactDecrypt, decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import { consentDriver } from './test-kit/consent-driver.ts'
import { useOauthService } from './testing.ts'

const on = useOauthService()
const { browser, eventOf, opened, read, request, somebody } = consentDriver(on)

describe('a user who gives consent', () => {
  it('is connected, and the tokens leave sealed for token-service alone', async () => {
    const { sub, email } = somebody()
    const { id, authorizationUrl } = await opened(sub, {
      services: ['calendar', 'drive'],
      returnTo: 'https://app.example/settings?tab=google',
    })
    expect(authorizationUrl).toMatch(`${on.publicUrl}/v1/authorizations/${id}/begin?ticket=`)
    expect((await read(sub, id)).body).toMatchObject({ id, status: 'pending' })

    const visitor = browser()
    const answer = await visitor.open(await visitor.consent(authorizationUrl, { email }))
    expect(answer.status).toBe(303)
    expect(answer.location).toBe(`https://app.example/settings?tab=google&authorization=${id}&status=granted`)

    const event = contracts.tokenIssued.schema.parse(await eventOf(contracts.tokenIssued.subject, id))
    const grantId = grantIdOf(sub, on.google.url, event.account.id)
    expect(event).toMatchObject({
      userId: sub,
      grantId,
      issuer: on.google.url,
      account: { email },
      services: ['calendar', 'drive'],
      access: 'read',
      missingScopes: [],
      refreshTokenIncluded: true,
    })
    expect(decodeProtectedHeader(event.sealedTokens)).toMatchObject({ evg: { authorizationId: id, grantId } })
    const { plaintext } = await compactDecrypt(event.sealedTokens, on.sealingPrivateKey)
    expect(JSON.parse(new TextDecoder().decode(plaintext))).toMatchObject({
      accessToken: expect.stringMatching(/./),
      refreshToken: expect.stringMatching(/./),
      tokenType: 'bearer',
      issuer: on.google.url,
      clientId: on.google.client.clientId,
    })

    expect((await read(sub, id)).body).toEqual({
      id,
      status: 'granted',
      services: ['calendar', 'drive'],
      missingScopes: [],
      account: event.account,
      connections: [connectionIdOf(grantId, 'calendar'), connectionIdOf(grantId, 'drive')],
      incomplete: [],
    })
  })

  it('is told what is missing when not everything was ticked', async () => {
    const { sub, email } = somebody()
    const { id, authorizationUrl } = await opened(sub, { services: ['calendar', 'gmail'] })
    const visitor = browser()
    const scopes = requiredScopes('calendar', 'read')
    const page = await visitor.open(await visitor.consent(authorizationUrl, { email, scopes }))
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('Partly connected') })
    const { body } = await read(sub, id)
    expect(body).toMatchObject({ status: 'granted', missingScopes: requiredScopes('gmail', 'read') })
    expect(body.connections).toHaveLength(2)
  })
})

describe('a user who says no', () => {
  it('is denied, on record and on the bus, and never sees a server error', async () => {
    const { sub, email } = somebody()
    const { id, authorizationUrl } = await opened(sub)
    const visitor = browser()
    const page = await visitor.open(await visitor.consent(authorizationUrl, { email, deny: true }))
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('Not connected') })
    expect((await read(sub, id)).body).toMatchObject({ status: 'denied', reason: 'access_denied' })
    const denied = await eventOf(contracts.authorizationDenied.subject, id)
    expect(denied).toMatchObject({ userId: sub, reason: 'access_denied' })
  })
})

describe('the way to Google', () => {
  const parametersOf = async (link: string) => {
    const { location } = await browser().open(link)
    return new URL(location ?? '').searchParams
  }

  it('carries PKCE S256, state, nonce, the exact redirect URI and offline access', async () => {
    const { sub, email } = somebody()
    const { authorizationUrl } = await opened(sub, { services: ['calendar'], loginHint: email })
    expect(Object.fromEntries(await parametersOf(authorizationUrl))).toEqual({
      client_id: on.google.client.clientId,
      redirect_uri: `${on.publicUrl}/v1/oauth/google/callback`,
      response_type: 'code',
      scope: `openid email ${requiredScopes('calendar', 'read').join(' ')}`,
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      access_type: 'offline',
      include_granted_scopes: 'true',
      prompt: 'consent',
      login_hint: email,
    })
  })

  it('is different in every secret each time', async () => {
    const { sub } = somebody()
    const one = await parametersOf((await opened(sub)).authorizationUrl)
    const other = await parametersOf((await opened(sub)).authorizationUrl)
    for (const name of ['state', 'nonce', 'code_challenge']) expect(one.get(name)).not.toBe(other.get(name))
  })

  it('asks for consent again only when no refresh token is known that covers what is wanted', async () => {
    const { sub, email } = somebody()
    const promptFor = async (body: object) =>
      (await parametersOf((await opened(sub, body)).authorizationUrl)).get('prompt')
    expect(await promptFor({ services: ['calendar'] })).toBe('consent')
    const visitor = browser()
    const { authorizationUrl } = await opened(sub)
    await visitor.open(await visitor.consent(authorizationUrl, { email }))

    expect(await promptFor({ services: ['calendar'] })).toBeNull()
    expect(await promptFor({ services: ['calendar'], loginHint: email.toUpperCase() })).toBeNull()
    expect(await promptFor({ services: ['calendar'], loginHint: 'other@example.com' })).toBe('consent')
    expect(await promptFor({ services: ['drive'] })).toBe('consent')
    expect(await promptFor({ services: ['calendar'], access: 'readwrite' })).toBe('consent')
  })

  it('says honestly when Google gave no refresh token', async () => {
    const { sub, email } = somebody()
    const connectOnce = async () => {
      const { id, authorizationUrl } = await opened(sub)
      const visitor = browser()
      await visitor.open(await visitor.consent(authorizationUrl, { email }))
      return eventOf(contracts.tokenIssued.subject, id)
    }
    const first = await connectOnce()
    const second = await connectOnce()
    expect(first).toMatchObject({ refreshTokenIncluded: true })
    expect(second).toMatchObject({ refreshTokenIncluded: false, grantId: first.grantId })
  })
})

describe('a request for an authorization', () => {
  it('is refused when it would send the browser to an origin nobody registered', async () => {
    const { sub } = somebody()
    const response = await request(sub, { services: ['calendar'], returnTo: 'https://evil.example/' })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      code: 'return_to_not_registered',
      fields: [{ path: 'returnTo' }],
    })
  })
  it.each([
    [{}],
    [{ services: [] }],
    [{ services: ['photos'] }],
    [{ services: ['calendar'], access: 'admin' }],
    [{ services: ['calendar'], surprise: true }],
    [{ services: 'calendar' }],
    [{ services: ['calendar'], loginHint: '' }],
  ])('is refused with 400 when it is %j', async (body) => {
    expect((await request('alice', body)).status).toBe(400)
  })
  it('answers a repeated Idempotency-Key with the same link, and another request under that key with 422', async () => {
    const { sub } = somebody()
    const key = { 'idempotency-key': `key-${sub}` }
    const first = await request(sub, { services: ['calendar'] }, key)
    const [again, atOnce] = await Promise.all([
      request(sub, { services: ['calendar'] }, key),
      request(sub, { services: ['calendar'] }, key),
    ])
    const answer = await first.json()
    expect(first.status).toBe(201)
    expect(await again.json()).toEqual(answer)
    expect(await atOnce.json()).toEqual(answer)
    const other = await request(sub, { services: ['drive'] }, key)
    expect(other.status).toBe(422)
    expect(await other.json()).toMatchObject({ code: 'idempotency_key_reused' })
  })
  it('is one authorization when the same key arrives twice at once', async () => {
    const { sub } = somebody()
    const key = { 'idempotency-key': `key-${sub}` }
    const answers = await Promise.all(
      Array.from({ length: 5 }, async () => (await request(sub, { services: ['calendar'] }, key)).json()),
    )
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  })
  it('needs a signed-in user, and nobody sees the authorization of another', async () => {
    const { sub } = somebody()
    const { id } = await opened(sub)
    const anonymous = await fetch(`${on.service.url}/v1/authorizations/${id}`)
    expect(anonymous.status).toBe(401)
    expect((await read('mallory', id)).status).toBe(404)
    expect((await read(sub, '01937e1c-6c55-7000-8000-000000000009')).status).toBe(404)
    expect((await read(sub, 'nonsense')).status).toBe(400)
  })
})

describe('the configuration', () => {
  const configuration = async (scope?: string) =>
    fetch(`${on.service.url}/v1/oauth/google/configuration`, {
      headers: { authorization: await on.issuer.bearer('olga', scope === undefined ? {} : { scope }) },
    })

  it('tells an operator whether a first user will succeed, without any secret', async () => {
    const response = await configuration('admin')
    expect(response.status).toBe(200)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({
      configured: true,
      ready: true,
      checks: expect.arrayContaining([
        expect.objectContaining({ name: 'client', status: 'ok' }),
        expect.objectContaining({ name: 'redirect_uri', status: 'ok' }),
        expect.objectContaining({ name: 'keys', status: 'ok' }),
      ]),
      issuer: on.google.url,
      redirectUri: `${on.publicUrl}/v1/oauth/google/callback`,
      returnToOrigins: [on.publicUrl, 'https://app.example'],
      scopes: { calendar: { read: requiredScopes('calendar', 'read') } },
      discovery: { reachable: true, problem: null },
    })
    expect(text).not.toContain(on.google.client.clientSecret)
    expect(text).not.toContain(on.google.client.clientId)
  })
  it('is not for users', async () => {
    expect((await configuration()).status).toBe(403)
  })
  it.each([
    ['the client secret is wrong', { GOOGLE_CLIENT_SECRET: 'another' }, 'client'],
    ['there is no client', { GOOGLE_CLIENT_ID: undefined }, 'client'],
    ['the redirect URI is not registered', { PUBLIC_URL: 'https://elsewhere.example' }, 'redirect_uri'],
    ['Google cannot be found', { GOOGLE_ISSUER: 'http://127.0.0.1:9' }, 'reachability'],
  ])('says so when %s, and that nobody can connect', async (_what, changes, name) => {
    const { url } = await on.start(changes)
    const response = await fetch(`${url}/v1/oauth/google/configuration`, {
      headers: { authorization: await on.issuer.bearer('olga', { scope: 'admin' }) },
    })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      ready: false,
      checks: expect.arrayContaining([
        expect.objectContaining({ name, status: 'failed', remedy: expect.any(String) }),
      ]),
    })
  })
})
