import * as oauth from 'oauth4webapi'
import { describe, expect, it } from 'vitest'
import { consentAs } from '../consent-as.ts'
import { driveScope, insecure, useStrictClient } from '../testing/use-strict-client.ts'

const app = useStrictClient()
const alice = { email: 'alice@example.com' }

describe('authorization codes', () => {
  it('work once', async () => {
    const to = await app.attempt()
    const redirect = await consentAs(to.url, alice)
    expect((await app.exchange(to, redirect)).status).toBe(200)
    const again = await app.exchange(to, redirect)
    expect([again.status, await again.json()]).toEqual([
      400,
      { error: 'invalid_grant', error_description: 'Bad Request' },
    ])
  })

  it('need the verifier of their own challenge', async () => {
    const to = await app.attempt()
    const redirect = await consentAs(to.url, alice)
    const refused = await app.exchange(to, redirect, oauth.generateRandomCodeVerifier())
    expect(await refused.json()).toMatchObject({ error: 'invalid_grant' })
  })

  it('live for ten minutes', async () => {
    const to = await app.attempt()
    const redirect = await consentAs(to.url, alice)
    app.google.advanceClock(600)
    expect((await app.exchange(to, redirect)).status).toBe(400)
  })
})

describe('tokens', () => {
  it('can be refreshed again and again with the same refresh token', async () => {
    const { refresh_token: token } = await app.signIn(alice)
    const first = await app.refresh(token)
    const second = await app.refresh(token)
    expect(first).not.toHaveProperty('refresh_token')
    expect(second.access_token).not.toBe(first.access_token)
  })

  it('can be refreshed after the clock went ahead, under a frozen clock to the millisecond', async () => {
    app.google.freezeClock()
    const { refresh_token: token, access_token: first } = await app.signIn(alice)
    const status = async (value: string) =>
      (await fetch(`${app.google.url}/tokeninfo?access_token=${value}`)).status
    app.google.advanceClock(3598.999)
    expect(await status(first)).toBe(200)
    app.google.advanceClock(0.001)
    expect(await status(first)).toBe(400)
    expect(await status((await app.refresh(token)).access_token)).toBe(200)
  })

  it('die together when one of them is revoked', async () => {
    const calendar = await app.signIn(alice)
    const drive = await app.signIn(alice, { scope: `openid email ${driveScope}`, prompt: 'consent' })
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(app.server, app.client, app.secret, calendar.access_token, insecure),
    )
    for (const token of [calendar.refresh_token, drive.refresh_token]) {
      await expect(app.refresh(token)).rejects.toMatchObject({
        error: 'invalid_grant',
        error_description: 'Token has been expired or revoked.',
      })
    }
  })

  it('cannot be revoked twice', async () => {
    const { access_token: token } = await app.signIn(alice)
    const revoke = () =>
      fetch(`${app.google.url}/revoke`, { method: 'POST', body: new URLSearchParams({ token }) })
    expect([(await revoke()).status, (await revoke()).status]).toEqual([200, 400])
  })

  it('end when nobody uses them for six months', async () => {
    const { refresh_token: token } = await app.signIn(alice)
    app.google.advanceClock(183 * 24 * 3600)
    await expect(app.refresh(token)).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('are refused to a client with the wrong secret', async () => {
    const { refresh_token: token } = await app.signIn(alice)
    app.secret = oauth.ClientSecretPost('wrong')
    await expect(app.refresh(token)).rejects.toMatchObject({ error: 'invalid_client', status: 401 })
  })

  it('tell tokeninfo and userinfo whose they are until they expire', async () => {
    const tokens = await app.signIn(alice)
    const info = async () => fetch(`${app.google.url}/tokeninfo?access_token=${tokens.access_token}`)
    expect(await (await info()).json()).toMatchObject({
      email: alice.email,
      aud: app.client.client_id,
      access_type: 'offline',
    })
    const user = await oauth.userInfoRequest(app.server, app.client, tokens.access_token, insecure)
    expect(await user.json()).toMatchObject({ email: alice.email })
    app.google.advanceClock(3599)
    expect((await info()).status).toBe(400)
  })
})

it('keeps tokens, codes and secrets out of the log and the dump', async () => {
  const tokens = await app.signIn(alice)
  await app.refresh(tokens.refresh_token)
  await fetch(`${app.google.url}/tokeninfo?access_token=${tokens.access_token}`)
  const shown = JSON.stringify([app.google.requests(), app.google.state()])
  for (const value of [
    tokens.access_token,
    tokens.refresh_token,
    tokens.id_token,
    app.google.client.clientSecret,
  ]) {
    expect(shown).not.toContain(value)
  }
  expect(app.google.requests({ path: '/token' }).map((one) => one.form.grant_type)).toContain('refresh_token')
})
