import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { consentAs } from '../consent-as.ts'
import { type GoogleEmulator, startGoogleEmulator } from '../emulator.ts'
import { digest, newSecret } from '../fingerprint.ts'

const email = 'carol@example.com'
const redirectUri = 'http://127.0.0.1:9/callback'
const verifier = newSecret('')
const week = 7 * 24 * 3600

let google: GoogleEmulator

beforeEach(async () => {
  google = await startGoogleEmulator()
  google.freezeClock()
})

afterEach(() => google.close())

function consentUrl(scope: string): string {
  const query = new URLSearchParams({
    client_id: google.client.clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope,
    state: 'abc',
    code_challenge: digest(verifier),
    code_challenge_method: 'S256',
    access_type: 'offline',
  })
  return `${google.url}/o/oauth2/v2/auth?${query}`
}

async function tokens(fields: Readonly<Record<string, string>>) {
  const { clientId, clientSecret } = google.client
  const body = new URLSearchParams({ client_id: clientId, client_secret: clientSecret, ...fields })
  const answer = await fetch(`${google.url}/token`, { method: 'POST', body })
  return (await answer.json()) as {
    refresh_token?: string
    refresh_token_expires_in?: number
    error?: string
  }
}

async function connect(scope = 'https://www.googleapis.com/auth/calendar') {
  const code = new URL(await consentAs(consentUrl(scope), { email })).searchParams.get('code') ?? ''
  const fields = { grant_type: 'authorization_code', redirect_uri: redirectUri, code_verifier: verifier }
  return tokens({ ...fields, code })
}

const refresh = (token = '') => tokens({ grant_type: 'refresh_token', refresh_token: token })

describe('in testing mode', () => {
  beforeEach(() => google.setTestingMode(true))

  it('a refresh token says how long it has, and dies after seven days however often it is used', async () => {
    const issued = await connect()
    expect(issued.refresh_token_expires_in).toBe(week)
    google.advanceClock(week - 1)
    expect(await refresh(issued.refresh_token)).toMatchObject({ refresh_token_expires_in: 1 })
    google.advanceClock(1)
    expect(await refresh(issued.refresh_token)).toMatchObject({ error: 'invalid_grant' })
  })

  it('a new consent after the death brings a new refresh token unasked', async () => {
    const first = await connect()
    expect((await connect()).refresh_token).toBeUndefined()
    google.advanceClock(week)
    const second = await connect()
    expect(second.refresh_token).toBeTypeOf('string')
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect(await refresh(second.refresh_token)).toHaveProperty('access_token')
  })

  it('those who only sign in are spared', async () => {
    expect(await connect('openid email')).not.toHaveProperty('refresh_token_expires_in')
  })

  it('is over for tokens issued once it is switched off', async () => {
    const during = await connect()
    google.setTestingMode(false)
    google.revokeGrant(email)
    const after = await connect()
    expect(during.refresh_token_expires_in).toBe(week)
    expect(after).not.toHaveProperty('refresh_token_expires_in')
    google.advanceClock(week + 1)
    expect(await refresh(after.refresh_token)).toHaveProperty('access_token')
  })
})

describe('a policy', () => {
  const scope = 'https://www.googleapis.com/auth/calendar'

  it('is shown to the person and sends nobody back, as often as the script says', async () => {
    google.scriptConsent({ error: 'admin_policy_enforced', email, times: 2 })
    for (let time = 0; time < 2; time += 1) {
      await expect(consentAs(consentUrl(scope), { email })).rejects.toThrow(
        /Error 400: admin_policy_enforced/,
      )
    }
    expect(await consentAs(consentUrl(scope), { email: 'bob@example.com' })).toContain('code=')
    expect(await consentAs(consentUrl(scope), { email })).toContain('code=')
  })

  it('has the status Google gives it', async () => {
    google.scriptConsent({ error: 'org_internal' })
    await expect(consentAs(consentUrl(scope), { email })).rejects.toThrow(/Error 403: org_internal/)
  })

  it('can be sent to the client instead, with state and issuer', async () => {
    google.scriptConsent({ error: 'admin_policy_enforced', shownTo: 'client' })
    const { searchParams } = new URL(await consentAs(consentUrl(scope), { email }))
    expect(Object.fromEntries(searchParams)).toMatchObject({
      error: 'admin_policy_enforced',
      state: 'abc',
      iss: google.url,
    })
  })

  it('grants nothing', async () => {
    google.scriptConsent({ error: 'admin_policy_enforced', shownTo: 'client' })
    await consentAs(consentUrl(scope), { email })
    expect(google.state().grants).toEqual([])
  })
})
