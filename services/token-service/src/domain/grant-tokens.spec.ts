import { specification } from '@evergrant/decider/testing'
import { describe, it } from 'vitest'
import {
  account,
  at,
  failed,
  gone,
  grantId,
  opened,
  reauthorizationRequired,
  received,
  revoked,
  scopes,
  started,
} from '../testing/grant-history.ts'
import { grantDecider } from './grant.ts'
import type { ReceiveTokens } from './grant-commands.ts'

const { given } = specification(grantDecider)

const consent: ReceiveTokens = {
  type: 'ReceiveTokens',
  now: at(0),
  grantId,
  userId: 'alice',
  issuer: 'https://accounts.google.com',
  account,
  authorizationId: 'authorization-1',
  services: ['calendar'],
  access: 'read',
  scopes,
  expiresAt: at(60),
  refreshDueAt: at(50),
  refreshTokenIncluded: true,
}

describe('receiving tokens', () => {
  it('opens a grant with its first consent', () => {
    given().when(consent).then(opened, received())
  })

  it('changes nothing when the same authorization is delivered again', () => {
    given(opened, received()).when(consent).changesNothing()
  })

  it('starts a new generation with every consent', () => {
    given(opened, received())
      .when({ ...consent, authorizationId: 'authorization-2', now: at(5) })
      .then(
        received({
          generation: 2,
          authorizationId: 'authorization-2',
          refreshTokenGeneration: 2,
          receivedAt: at(5),
        }),
      )
  })

  it('keeps the refresh token it has when Google sends none', () => {
    given(opened, received())
      .when({ ...consent, authorizationId: 'authorization-2', refreshTokenIncluded: false })
      .then(received({ generation: 2, authorizationId: 'authorization-2', refreshTokenGeneration: 1 }))
  })

  it('does not keep a refresh token that Google has revoked', () => {
    given(opened, received(), started(), failed({ failureClass: 'revoked' }), reauthorizationRequired)
      .when({ ...consent, authorizationId: 'authorization-2', refreshTokenIncluded: false })
      .then(received({ generation: 2, authorizationId: 'authorization-2', refreshTokenGeneration: null }))
  })

  it('revives a revoked grant and calls its revocation off', () => {
    given(
      opened,
      received(),
      gone('calendar'),
      revoked,
      received({ generation: 2, authorizationId: 'again' }),
    )
      .when({ type: 'SettleRevocation', now: at(30), outcome: 'revoked' })
      .changesNothing()
  })
})
