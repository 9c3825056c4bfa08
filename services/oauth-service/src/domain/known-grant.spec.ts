import { specification } from '@evergrant/decider/testing'
import { describe, it } from 'vitest'
import { type KnownGrantFact, knownGrant } from './known-grant.ts'

const { given } = specification(knownGrant)
const received: KnownGrantFact = {
  type: 'RefreshTokenReceived',
  data: {
    grantId: 'g',
    userId: 'alice',
    email: 'a@example.com',
    scopes: ['openid'],
    receivedAt: '2026-11-23T10:00:00.000Z',
  },
}
const loss = { type: 'NoteLoss', reason: 'revoked_at_google', lostAt: '2026-11-23T11:00:00.000Z' } as const
const lost: KnownGrantFact = {
  type: 'RefreshTokenLost',
  data: { reason: 'revoked_at_google', lostAt: '2026-11-23T11:00:00.000Z' },
}

const note = {
  type: 'NoteGrant',
  now: new Date('2026-11-23T10:00:00.000Z'),
  grant: { grantId: 'g', userId: 'alice', email: 'a@example.com' },
} as const

describe('what is known of a grant', () => {
  it('is live again with every refresh token that arrives', () => {
    given(received, lost)
      .when({ ...note, refreshToken: { scopes: ['openid'] } })
      .then(received)
  })
  it('is that it exists when no refresh token came, and nothing new when it was known', () => {
    const seen: KnownGrantFact = {
      type: 'GrantSeen',
      data: { ...note.grant, seenAt: '2026-11-23T10:00:00.000Z' },
    }
    given()
      .when({ ...note, refreshToken: null })
      .then(seen)
    given(seen)
      .when({ ...note, refreshToken: null })
      .changesNothing()
    given(received)
      .when({ ...note, refreshToken: null })
      .changesNothing()
  })
  it('is lost when Google takes away a scope that the refresh token was given for', () => {
    const missing = { type: 'NoteMissingScopes', missingSince: '2026-11-23T11:00:00.000Z' } as const
    given(received)
      .when({ ...missing, scopes: ['openid', 'never given'] })
      .then({ type: 'RefreshTokenLost', data: { reason: 'scopes_withdrawn', lostAt: missing.missingSince } })
    given(received)
      .when({ ...missing, scopes: ['never given'] })
      .changesNothing()
    given(received)
      .when({ ...missing, scopes: [] })
      .changesNothing()
    given(received)
      .when({ ...missing, scopes: ['openid'], missingSince: '2026-11-23T09:00:00.000Z' })
      .changesNothing()
  })
  it('is lost once', () => {
    given(received).when(loss).then(lost)
    given(received, lost).when(loss).changesNothing()
  })
  it('does not believe news from before the latest consent', () => {
    given(received)
      .when({ ...loss, lostAt: '2026-11-23T09:59:59.000Z' })
      .changesNothing()
  })
  it('does not care for grants it never saw', () => {
    given().when(loss).changesNothing()
  })
})
