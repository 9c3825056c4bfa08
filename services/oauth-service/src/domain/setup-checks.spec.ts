import { describe, expect, it } from 'vitest'
import { type Setup, setupChecks } from './setup-checks.ts'

const right: Setup = {
  configured: true,
  missing: [],
  issuer: 'https://accounts.google.com',
  redirectUri: 'https://connect.example.com/v1/oauth/google/callback',
  discovery: { reachable: true },
  client: 'accepted',
  redirectUriRegistration: 'accepted',
  clockSkewSeconds: 1,
  refreshTokensEnd: false,
  sealingKeyThumbprint: 'thumbprint',
  secretsReadable: true,
}

const checkOf = (name: string, change: Partial<Setup> = {}) =>
  setupChecks({ ...right, ...change }).find((check) => check.name === name)

describe('a setup', () => {
  it('that is right has nothing that failed', () => {
    const statuses = setupChecks(right).map(({ name, status }) => [name, status])
    expect(Object.fromEntries(statuses)).toEqual({
      client: 'ok',
      reachability: 'ok',
      redirect_uri: 'ok',
      // Which scopes are registered on the consent screen, Google tells nobody.
      scopes: 'unknown',
      consent_screen: 'ok',
      clock: 'ok',
      keys: 'ok',
    })
  })
  it.each<[string, string, Partial<Setup>, string]>([
    ['client', 'failed', { configured: false, missing: ['GOOGLE_CLIENT_SECRET'] }, 'GOOGLE_CLIENT_SECRET'],
    ['client', 'failed', { client: 'refused' }, 'secret is wrong'],
    ['client', 'unknown', { client: 'unknown' }, 'not said'],
    ['reachability', 'failed', { discovery: { reachable: false } }, 'cannot be read'],
    ['redirect_uri', 'failed', { redirectUriRegistration: 'refused' }, 'not registered'],
    ['redirect_uri', 'failed', { redirectUri: 'http://connect.example.com/cb' }, 'plain http'],
    ['redirect_uri', 'failed', { redirectUri: 'https://10.1.2.3/cb' }, 'IP address'],
    ['redirect_uri', 'failed', { redirectUri: 'https://intranet/cb' }, 'public domain'],
    ['redirect_uri', 'ok', { redirectUri: 'http://127.0.0.1:8080/cb' }, 'is registered'],
    ['redirect_uri', 'unknown', { redirectUriRegistration: 'unknown' }, 'not said'],
    ['consent_screen', 'warning', { refreshTokensEnd: true }, 'seven days'],
    ['consent_screen', 'unknown', { refreshTokensEnd: null }, 'Nobody has connected'],
    ['clock', 'warning', { clockSkewSeconds: -90 }, '90 s ahead of'],
    ['clock', 'warning', { clockSkewSeconds: 6 }, '6 s behind'],
    ['clock', 'ok', { clockSkewSeconds: -5 }, '5 s'],
    ['clock', 'unknown', { clockSkewSeconds: null }, 'not told'],
    ['keys', 'failed', { secretsReadable: false }, 'cannot be read here'],
    ['keys', 'ok', { secretsReadable: null }, 'thumbprint'],
  ])('has its %s %s when it is %j', (name, status, change, says) => {
    expect(checkOf(name, change)).toMatchObject({ status, says: expect.stringContaining(says) })
  })
  it('says what to do wherever something failed', () => {
    const wrong: Partial<Setup> = {
      configured: false,
      missing: ['GOOGLE_CLIENT_ID'],
      discovery: { reachable: false },
      redirectUriRegistration: 'refused',
      secretsReadable: false,
    }
    const failed = setupChecks({ ...right, ...wrong }).filter(({ status }) => status === 'failed')
    expect(failed).toHaveLength(4)
    for (const { remedy } of failed) expect(remedy).toBeTruthy()
  })
  it('is not measured by the rules of Google where the issuer is another', () => {
    const other = { issuer: 'http://127.0.0.1:9000', redirectUri: 'https://intranet/cb' }
    expect(checkOf('redirect_uri', other)).toMatchObject({ status: 'ok' })
    expect(checkOf('scopes', other)).toMatchObject({ status: 'ok' })
  })
})
