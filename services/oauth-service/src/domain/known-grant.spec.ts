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

describe('what is known of a grant', () => {
  it('is live again with every refresh token that arrives', () => {
    const note = { type: 'NoteRefreshToken', now: new Date('2026-11-23T10:00:00.000Z') } as const
    given(received, lost)
      .when({ ...note, grantId: 'g', userId: 'alice', email: 'a@example.com', scopes: ['openid'] })
      .then(received)
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
