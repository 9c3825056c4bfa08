import * as oauth from 'oauth4webapi'
import { describe, expect, it } from 'vitest'
import { consentAs } from '../consent-as.ts'
import {
  calendarScope,
  driveScope,
  emailScope,
  insecure,
  redirectUri,
  useStrictClient,
} from '../testing/use-strict-client.ts'

const app = useStrictClient()
const alice = { email: 'alice@example.com' }

describe('consent', () => {
  it('gives a strict client tokens and a signed ID token for the account', async () => {
    const to = await app.attempt()
    const response = await app.exchange(to, await consentAs(to.url, alice))
    const tokens = await oauth.processAuthorizationCodeResponse(app.server, app.client, response.clone(), {
      expectedNonce: to.nonce,
    })
    await oauth.processAuthorizationCodeResponse(app.server, app.client, response, {
      expectedNonce: to.nonce,
    })
    await oauth.validateApplicationLevelSignature(app.server, response, insecure)
    expect(tokens).toMatchObject({ expires_in: 3599, scope: `openid ${emailScope} ${calendarScope}` })
    expect(tokens.refresh_token).toBeTypeOf('string')
    expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ iss: app.google.url, email: alice.email })
  })

  it('takes the client secret by HTTP Basic as well', async () => {
    app.secret = oauth.ClientSecretBasic(app.google.client.clientSecret)
    await expect(app.signIn(alice)).resolves.toHaveProperty('access_token')
  })

  it('grants only the scopes that were ticked', async () => {
    const scope = `openid email ${calendarScope} ${driveScope}`
    const tokens = await app.signIn({ ...alice, scopes: [driveScope] }, { scope })
    expect(tokens.scope).toBe(`openid ${emailScope} ${driveScope}`)
  })

  it('adds what was granted before when include_granted_scopes is asked', async () => {
    await app.signIn(alice)
    const scope = `openid email ${driveScope}`
    expect((await app.signIn(alice, { scope })).scope).not.toContain(calendarScope)
    expect((await app.signIn(alice, { scope, include_granted_scopes: 'true' })).scope).toContain(
      calendarScope,
    )
  })

  it('hands out a refresh token on the first consent, and later only when consent is forced', async () => {
    expect(await app.signIn(alice)).toHaveProperty('refresh_token')
    expect(await app.signIn(alice)).not.toHaveProperty('refresh_token')
    expect(await app.signIn(alice, { prompt: 'consent' })).toHaveProperty('refresh_token')
  })

  it('hands out no refresh token for online access', async () => {
    expect(await app.signIn(alice, { access_type: null })).not.toHaveProperty('refresh_token')
  })

  it('reports a denial with its issuer', async () => {
    const to = await app.attempt()
    const redirect = new URL(await consentAs(to.url, { ...alice, deny: true }))
    expect(Object.fromEntries(redirect.searchParams)).toMatchObject({
      error: 'access_denied',
      iss: app.google.url,
      state: to.state,
    })
  })

  it('makes an account for an address nobody has used', async () => {
    const claims = oauth.getValidatedIdTokenClaims(await app.signIn({ email: 'Carol@Example.com' }))
    expect(claims?.email).toBe('carol@example.com')
    expect(app.google.state().calendars.map((calendar) => calendar.id)).toContain('carol@example.com')
  })

  it.each([
    ['another redirect URI', { redirect_uri: `${redirectUri}/` }, 'redirect_uri_mismatch'],
    ['another client', { client_id: 'someone-else' }, 'invalid_client'],
  ])('shows the person, and never redirects, for %s', async (_, changes, code) => {
    await expect(consentAs((await app.attempt(changes)).url, alice)).rejects.toThrow(code)
  })

  it.each([
    ['no PKCE', { code_challenge: null }, 'invalid_request'],
    ['plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['an unknown scope', { scope: 'openid everything' }, 'invalid_scope'],
    ['prompt=none', { prompt: 'none' }, 'interaction_required'],
  ])('redirects with an error for %s', async (_, changes, code) => {
    const redirect = new URL(await consentAs((await app.attempt(changes)).url, alice))
    expect(redirect.searchParams.get('error')).toBe(code)
  })

  it('preselects the account of login_hint, and takes an unknown one as typed', async () => {
    const known = await fetch((await app.attempt({ login_hint: 'bob@example.com' })).url)
    expect(await known.text()).toMatch(/value="bob@example.com" checked/)
    const unknown = await fetch((await app.attempt({ login_hint: 'new@example.com' })).url)
    const html = await unknown.text()
    expect(html).toMatch(/name="typed_email"[^>]* value="new@example.com"/)
    expect(html).not.toMatch(/name="email"[^>]* checked/)
  })

  it('labels every field for people who cannot see the page', async () => {
    const html = await (await fetch((await app.attempt()).url)).text()
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
    const html = await (await fetch((await app.attempt(smuggled)).url)).text()
    expect(html).not.toMatch(/type="hidden" name="(decision|email|granted_scope)"/)
  })

  it('escapes what the request brings into the page', async () => {
    const page = await fetch((await app.attempt({ login_hint: '"><script>x</script>' })).url)
    expect(await page.text()).not.toContain('<script>')
  })
})
