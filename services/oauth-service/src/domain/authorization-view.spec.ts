import { connectionIdOf } from '@evergrant/event-contracts'
import { describe, expect, it } from 'vitest'
import { authorizationView } from './authorization-view.ts'

const api = 'https://www.googleapis.com/auth/'
const grantId = '5f0c8a86-6b9f-5a53-9d2e-2f6b7c1d0e01'
const request = {
  authorizationId: '01937e1c-6c55-7000-8000-000000000001',
  userId: 'alice',
  services: ['calendar', 'drive', 'gmail'],
  access: 'read',
  scopes: [],
  returnTo: null,
  loginHint: null,
  requestedAt: '2026-11-23T10:00:00.000Z',
} as const
const unforced = { consentForced: false }
const soon = new Date('2026-11-23T10:01:00.000Z')

function grantedWith(grantedScopes: string[], missingScopes: string[]) {
  const account = { id: '110', email: 'alice@example.com' }
  const rest = { refreshTokenIncluded: true, tokensExpireAt: '2026-11-23T11:00:00.000Z' }
  const grant = {
    grantId,
    issuer: 'https://accounts.google.com',
    account,
    grantedScopes,
    missingScopes,
    ...rest,
  }
  return authorizationView({ ...request, status: 'granted', grant }, soon)
}

describe('an authorization as its user sees it', () => {
  it('is pending until there is an outcome', () => {
    const expiresAt = '2026-11-23T10:10:00.000Z'
    const outcomeDueAt = '2026-11-23T10:03:00.000Z'
    expect(authorizationView({ ...request, ...unforced, status: 'requested', expiresAt }, soon).status).toBe(
      'pending',
    )
    expect(authorizationView({ ...request, ...unforced, status: 'bound', expiresAt }, soon).status).toBe(
      'pending',
    )
    expect(
      authorizationView({ ...request, ...unforced, status: 'exchanging', outcomeDueAt }, soon).status,
    ).toBe('pending')
  })
  it('is expired the moment its time is over', () => {
    const expiresAt = '2026-11-23T10:01:00.000Z'
    expect(authorizationView({ ...request, ...unforced, status: 'requested', expiresAt }, soon).status).toBe(
      'expired',
    )
  })
  it('names a connection for every service that was asked for, and what each lacks', () => {
    const missing = [`${api}gmail.metadata`]
    const view = grantedWith(['openid', `${api}calendar.readonly`, `${api}drive.metadata.readonly`], missing)
    expect(view).toMatchObject({
      status: 'granted',
      missingScopes: missing,
      account: { id: '110', email: 'alice@example.com' },
      connections: request.services.map((service) => connectionIdOf(grantId, service)),
      incomplete: [
        { service: 'gmail', connectionId: connectionIdOf(grantId, 'gmail'), missingScopes: missing },
      ],
    })
    expect(view.reason).toBeUndefined()
  })
  it('says when it is another account than the one to reconnect, and when access will not last', () => {
    const account = { id: '110', email: 'alice@example.com' }
    const rest = { refreshTokenIncluded: false, tokensExpireAt: '2026-11-23T11:00:00.000Z' }
    const scopes = { grantedScopes: [], missingScopes: [] }
    const grant = { grantId, issuer: 'https://accounts.google.com', account, ...scopes, ...rest }
    const reasonOf = (reconnects: object, more: object) =>
      authorizationView({ ...request, ...reconnects, status: 'granted', grant: { ...grant, ...more } }, soon)
        .reason
    const other = { reconnects: { grantId: 'another', email: 'b@example.com' } }
    expect(reasonOf(other, {})).toBe('different_account')
    expect(reasonOf({ reconnects: { grantId, email: 'a@example.com' } }, {})).toBeUndefined()
    expect(reasonOf({}, { refreshTokenMissing: true })).toBe('refresh_token_missing')
  })
  it('says why it was denied or failed', () => {
    const denied = { ...request, status: 'denied', reason: 'access_denied' } as const
    expect(authorizationView(denied, soon)).toMatchObject({ status: 'denied', reason: 'access_denied' })
  })
})
