import { describe, expect, it } from 'vitest'
import {
  client,
  redirectUri,
  state,
  useAuthorizationServer,
  verifier,
} from '../../testing/use-authorization-server.ts'

const google = useAuthorizationServer()

describe('the code exchange', () => {
  it('proves possession of the verifier and repeats the exact redirect URI', async () => {
    await google.consent().complete(google.callback())
    expect(Object.fromEntries(google.received[0]?.form ?? [])).toMatchObject({
      grant_type: 'authorization_code',
      code: 'code-1',
      code_verifier: verifier,
      redirect_uri: redirectUri,
    })
  })
  it('tells who consented, to what, and until when', async () => {
    const before = Date.now()
    const outcome = await google.consent().complete(google.callback())
    expect(outcome).toMatchObject({
      status: 'granted',
      issuer: google.issuer,
      account: { id: '110', email: 'alice@example.com' },
      grantedScopes: ['openid', 'email'],
      tokens: { accessToken: 'access-1', refreshToken: 'refresh-1' },
    })
    if (outcome.status !== 'granted') return
    expect(outcome.tokens.expiresAt.getTime()).toBeGreaterThanOrEqual(before + 3599_000)
    expect(outcome.tokens.expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 3599_000)
  })
  it('takes a left-out scope for what was asked, and a left-out lifetime for a short one', async () => {
    google.answers.token = (id_token) => ({ access_token: 'access-1', token_type: 'Bearer', id_token })
    const outcome = await google.consent().complete(google.callback())
    expect(outcome).toMatchObject({ grantedScopes: ['openid', 'asked'], tokens: { refreshToken: null } })
    if (outcome.status !== 'granted') return
    expect(outcome.tokens.expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 300_000)
  })
  it('sends the client secret the way the server takes it', async () => {
    await google.consent().complete(google.callback())
    expect(google.received[0]?.authorization).toMatch(/^Basic /)
    const standard = google.answers.discovery
    google.answers.discovery = (origin) => ({
      ...standard(origin),
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    })
    await google.consent().complete(google.callback())
    expect(google.received[1]?.authorization).toBeUndefined()
    expect(google.received[1]?.form.get('client_secret')).toBe(client.secret)
  })
})

describe('testing mode', () => {
  it('is told by a refresh token that has an end', async () => {
    const standard = google.answers.token
    google.answers.token = (idToken) => ({ ...standard(idToken), refresh_token_expires_in: 604_799 })
    const outcome = await google.consent().complete(google.callback())
    if (outcome.status !== 'granted') throw new Error('not granted')
    const { receivedAt, refreshTokenExpiresAt } = outcome.tokens
    expect(refreshTokenExpiresAt?.getTime()).toBe(receivedAt.getTime() + 604_799_000)
  })
  it.each([undefined, 0, 'soon', null])('is not told by an end of %j', async (refresh_token_expires_in) => {
    const standard = google.answers.token
    google.answers.token = (idToken) => ({ ...standard(idToken), refresh_token_expires_in })
    expect(await google.consent().complete(google.callback())).toMatchObject({
      tokens: { refreshTokenExpiresAt: null },
    })
  })
})

describe("an administrator's policy that Google tells only at the exchange", () => {
  it.each(['admin_policy_enforced', 'org_internal', 'access_denied'])('is a no: %s', async (error) => {
    google.answers.tokenStatus = 400
    google.answers.token = () => ({ error })
    expect(await google.consent().complete(google.callback())).toEqual({ status: 'refused', error })
  })
})

describe("Google's refusal", () => {
  it('is handed on as it came', async () => {
    const refused = google.callback({ error: 'access_denied', state, iss: google.issuer })
    expect(await google.consent().complete(refused)).toEqual({ status: 'refused', error: 'access_denied' })
  })
})
