import * as oauth from 'oauth4webapi'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ConsentAnswer, consentAs } from '../consent-as.ts'
import { type GoogleEmulator, startGoogleEmulator } from '../emulator.ts'

const calendarScope = 'https://www.googleapis.com/auth/calendar.readonly'
const driveScope = 'https://www.googleapis.com/auth/drive.metadata.readonly'
const emailScope = 'https://www.googleapis.com/auth/userinfo.email'
const redirectUri = 'http://127.0.0.1:9999/v1/oauth/google/callback'
const insecure = { [oauth.allowInsecureRequests]: true }

let google: GoogleEmulator
let server: oauth.AuthorizationServer
let client: oauth.Client
let secret: oauth.ClientAuth

beforeEach(async () => {
  google = await startGoogleEmulator({ client: { redirectUris: [redirectUri] } })
  const issuer = new URL(google.url)
  server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
  client = { client_id: google.client.clientId }
  secret = oauth.ClientSecretPost(google.client.clientSecret)
})

afterEach(() => google.close())

interface Attempt {
  readonly url: string
  readonly verifier: string
  readonly state: string
  readonly nonce: string
}

async function attempt(changes: Readonly<Record<string, string | null>> = {}): Promise<Attempt> {
  const [verifier, state, nonce] = [
    oauth.generateRandomCodeVerifier(),
    oauth.generateRandomState(),
    'n-0S6_WzA2Mj',
  ]
  const url = new URL(server.authorization_endpoint ?? '')
  const parameters = {
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: `openid email ${calendarScope}`,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    access_type: 'offline',
    ...changes,
  }
  for (const [name, value] of Object.entries(parameters))
    if (value !== null) url.searchParams.set(name, value)
  return { url: url.href, verifier, state, nonce }
}

async function exchange(to: Attempt, redirect: string, verifier = to.verifier) {
  const parameters = oauth.validateAuthResponse(server, client, new URL(redirect), to.state)
  return oauth.authorizationCodeGrantRequest(
    server,
    client,
    secret,
    parameters,
    redirectUri,
    verifier,
    insecure,
  )
}

async function signIn(answer: ConsentAnswer, changes?: Readonly<Record<string, string | null>>) {
  const to = await attempt(changes)
  const response = await exchange(to, await consentAs(to.url, answer))
  return oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: to.nonce })
}

async function refresh(refreshToken: string | undefined) {
  const response = await oauth.refreshTokenGrantRequest(server, client, secret, refreshToken ?? '', insecure)
  return oauth.processRefreshTokenResponse(server, client, response)
}

const alice = { email: 'alice@example.com' }

describe('consent', () => {
  it('gives a strict client tokens and a signed ID token for the account', async () => {
    const to = await attempt()
    const response = await exchange(to, await consentAs(to.url, alice))
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response.clone(), {
      expectedNonce: to.nonce,
    })
    await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: to.nonce })
    await oauth.validateApplicationLevelSignature(server, response, insecure)
    expect(tokens).toMatchObject({ expires_in: 3599, scope: `openid ${emailScope} ${calendarScope}` })
    expect(tokens.refresh_token).toBeTypeOf('string')
    expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ iss: google.url, email: alice.email })
  })

  it('takes the client secret by HTTP Basic as well', async () => {
    secret = oauth.ClientSecretBasic(google.client.clientSecret)
    await expect(signIn(alice)).resolves.toHaveProperty('access_token')
  })

  it('grants only the scopes that were ticked', async () => {
    const scope = `openid email ${calendarScope} ${driveScope}`
    const tokens = await signIn({ ...alice, scopes: [driveScope] }, { scope })
    expect(tokens.scope).toBe(`openid ${emailScope} ${driveScope}`)
  })

  it('adds what was granted before when include_granted_scopes is asked', async () => {
    await signIn(alice)
    const scope = `openid email ${driveScope}`
    expect((await signIn(alice, { scope })).scope).not.toContain(calendarScope)
    expect((await signIn(alice, { scope, include_granted_scopes: 'true' })).scope).toContain(calendarScope)
  })

  it('hands out a refresh token on the first consent, and later only when consent is forced', async () => {
    expect(await signIn(alice)).toHaveProperty('refresh_token')
    expect(await signIn(alice)).not.toHaveProperty('refresh_token')
    expect(await signIn(alice, { prompt: 'consent' })).toHaveProperty('refresh_token')
  })

  it('hands out no refresh token for online access', async () => {
    expect(await signIn(alice, { access_type: null })).not.toHaveProperty('refresh_token')
  })

  it('reports a denial with its issuer', async () => {
    const to = await attempt()
    const redirect = new URL(await consentAs(to.url, { ...alice, deny: true }))
    expect(Object.fromEntries(redirect.searchParams)).toMatchObject({
      error: 'access_denied',
      iss: google.url,
      state: to.state,
    })
  })

  it('makes an account for an address nobody has used', async () => {
    const claims = oauth.getValidatedIdTokenClaims(await signIn({ email: 'Carol@Example.com' }))
    expect(claims?.email).toBe('carol@example.com')
    expect(google.state().calendars.map((calendar) => calendar.id)).toContain('carol@example.com')
  })

  it.each([
    ['another redirect URI', { redirect_uri: `${redirectUri}/` }, 'redirect_uri_mismatch'],
    ['another client', { client_id: 'someone-else' }, 'invalid_client'],
  ])('shows the person, and never redirects, for %s', async (_, changes, code) => {
    await expect(consentAs((await attempt(changes)).url, alice)).rejects.toThrow(code)
  })

  it.each([
    ['no PKCE', { code_challenge: null }, 'invalid_request'],
    ['plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['an unknown scope', { scope: 'openid everything' }, 'invalid_scope'],
    ['prompt=none', { prompt: 'none' }, 'interaction_required'],
  ])('redirects with an error for %s', async (_, changes, code) => {
    const redirect = new URL(await consentAs((await attempt(changes)).url, alice))
    expect(redirect.searchParams.get('error')).toBe(code)
  })

  it('preselects the account of login_hint, and takes an unknown one as typed', async () => {
    const known = await fetch((await attempt({ login_hint: 'bob@example.com' })).url)
    expect(await known.text()).toMatch(/value="bob@example.com" checked/)
    const unknown = await fetch((await attempt({ login_hint: 'new@example.com' })).url)
    const html = await unknown.text()
    expect(html).toMatch(/name="typed_email"[^>]* value="new@example.com"/)
    expect(html).not.toMatch(/name="email"[^>]* checked/)
  })

  it('labels every field for people who cannot see the page', async () => {
    const html = await (await fetch((await attempt()).url)).text()
    expect(html).toContain('<html lang="en">')
    expect(html.match(/<fieldset><legend>/g)).toHaveLength(2)
    for (const [, attributes = ''] of html.matchAll(/<input ([^>]+)>/g)) {
      if (attributes.includes('type="hidden"') || attributes.includes('id="typed-email"')) continue
      expect(html).toContain(`<label><input ${attributes}>`)
    }
    expect(html).toContain('<label for="typed-email">')
  })

  it('takes no answer from the link', async () => {
    const smuggled = { decision: 'allow', email: 'bob@example.com', granted_scope: driveScope }
    const html = await (await fetch((await attempt(smuggled)).url)).text()
    expect(html).not.toMatch(/type="hidden" name="(decision|email|granted_scope)"/)
  })

  it('escapes what the request brings into the page', async () => {
    const page = await fetch((await attempt({ login_hint: '"><script>x</script>' })).url)
    expect(await page.text()).not.toContain('<script>')
  })
})

describe('authorization codes', () => {
  it('work once', async () => {
    const to = await attempt()
    const redirect = await consentAs(to.url, alice)
    expect((await exchange(to, redirect)).status).toBe(200)
    const again = await exchange(to, redirect)
    expect([again.status, await again.json()]).toEqual([
      400,
      { error: 'invalid_grant', error_description: 'Bad Request' },
    ])
  })

  it('need the verifier of their own challenge', async () => {
    const to = await attempt()
    const redirect = await consentAs(to.url, alice)
    const refused = await exchange(to, redirect, oauth.generateRandomCodeVerifier())
    expect(await refused.json()).toMatchObject({ error: 'invalid_grant' })
  })

  it('live for ten minutes', async () => {
    const to = await attempt()
    const redirect = await consentAs(to.url, alice)
    google.advanceClock(600)
    expect((await exchange(to, redirect)).status).toBe(400)
  })
})

describe('tokens', () => {
  it('can be refreshed again and again with the same refresh token', async () => {
    const { refresh_token: token } = await signIn(alice)
    const first = await refresh(token)
    const second = await refresh(token)
    expect(first).not.toHaveProperty('refresh_token')
    expect(second.access_token).not.toBe(first.access_token)
  })

  it('can be refreshed after the clock went ahead, under a frozen clock to the millisecond', async () => {
    google.freezeClock()
    const { refresh_token: token, access_token: first } = await signIn(alice)
    const status = async (value: string) =>
      (await fetch(`${google.url}/tokeninfo?access_token=${value}`)).status
    google.advanceClock(3598.999)
    expect(await status(first)).toBe(200)
    google.advanceClock(0.001)
    expect(await status(first)).toBe(400)
    expect(await status((await refresh(token)).access_token)).toBe(200)
  })

  it('die together when one of them is revoked', async () => {
    const calendar = await signIn(alice)
    const drive = await signIn(alice, { scope: `openid email ${driveScope}`, prompt: 'consent' })
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, secret, calendar.access_token, insecure),
    )
    for (const token of [calendar.refresh_token, drive.refresh_token]) {
      await expect(refresh(token)).rejects.toMatchObject({
        error: 'invalid_grant',
        error_description: 'Token has been expired or revoked.',
      })
    }
  })

  it('cannot be revoked twice', async () => {
    const { access_token: token } = await signIn(alice)
    const revoke = () =>
      fetch(`${google.url}/revoke`, { method: 'POST', body: new URLSearchParams({ token }) })
    expect([(await revoke()).status, (await revoke()).status]).toEqual([200, 400])
  })

  it('end when nobody uses them for six months', async () => {
    const { refresh_token: token } = await signIn(alice)
    google.advanceClock(183 * 24 * 3600)
    await expect(refresh(token)).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('are refused to a client with the wrong secret', async () => {
    const { refresh_token: token } = await signIn(alice)
    secret = oauth.ClientSecretPost('wrong')
    await expect(refresh(token)).rejects.toMatchObject({ error: 'invalid_client', status: 401 })
  })

  it('tell tokeninfo and userinfo whose they are until they expire', async () => {
    const tokens = await signIn(alice)
    const info = async () => fetch(`${google.url}/tokeninfo?access_token=${tokens.access_token}`)
    expect(await (await info()).json()).toMatchObject({
      email: alice.email,
      aud: client.client_id,
      access_type: 'offline',
    })
    const user = await oauth.userInfoRequest(server, client, tokens.access_token, insecure)
    expect(await user.json()).toMatchObject({ email: alice.email })
    google.advanceClock(3599)
    expect((await info()).status).toBe(400)
  })
})

it('keeps tokens, codes and secrets out of the log and the dump', async () => {
  const tokens = await signIn(alice)
  await refresh(tokens.refresh_token)
  await fetch(`${google.url}/tokeninfo?access_token=${tokens.access_token}`)
  const shown = JSON.stringify([google.requests(), google.state()])
  for (const value of [
    tokens.access_token,
    tokens.refresh_token,
    tokens.id_token,
    google.client.clientSecret,
  ]) {
    expect(shown).not.toContain(value)
  }
  expect(google.requests({ path: '/token' }).map((one) => one.form.grant_type)).toContain('refresh_token')
})
