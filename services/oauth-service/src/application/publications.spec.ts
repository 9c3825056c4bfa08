import { contracts, encodeEvent } from '@evergrant/event-contracts'
import { describe, expect, it } from 'vitest'
import type { AuthorizationState } from '../domain/authorization.ts'
import type { AuthorizationFact } from '../domain/authorization-facts.ts'
import { publicationsOf } from './publications.ts'

const issued = contracts.tokenIssued.example
const { authorizationId, userId, services, access, grantId, issuer, account } = issued
const request = {
  authorizationId,
  userId,
  services,
  access,
  scopes: [],
  returnTo: 'https://app.example/private',
  loginHint: null,
  requestedAt: issued.issuedAt,
} as const
const grant = {
  grantId,
  issuer,
  account,
  grantedScopes: issued.grantedScopes,
  missingScopes: issued.missingScopes,
  refreshTokenIncluded: issued.refreshTokenIncluded,
  tokensExpireAt: issued.expiresAt,
}
const granted: AuthorizationState = { ...request, status: 'granted', grant }

describe('what leaves this service', () => {
  it('is TokenIssued, exactly as its contract says, when access was granted', () => {
    const fact: AuthorizationFact = {
      type: 'AuthorizationGranted',
      data: { ...grant, grantedAt: issued.issuedAt },
    }
    const [publication, ...more] = publicationsOf(fact, granted, issued.sealedTokens)
    expect(more).toEqual([])
    expect(publication).toEqual({ contract: contracts.tokenIssued, data: issued })
    if (!publication) return
    const identity = { source: 'oauth-service', streamId: 'authorization-1', version: 1 }
    expect(() => encodeEvent(publication, { ...identity, time: issued.issuedAt })).not.toThrow()
  })
  it('is AuthorizationDenied when somebody said no', () => {
    const { example } = contracts.authorizationDenied
    const fact: AuthorizationFact = {
      type: 'AuthorizationDenied',
      data: { reason: example.reason, deniedAt: example.deniedAt },
    }
    const denied = {
      ...request,
      authorizationId: example.authorizationId,
      status: 'denied',
      reason: example.reason,
    } as const
    expect(publicationsOf(fact, denied, null)).toEqual([
      { contract: contracts.authorizationDenied, data: example },
    ])
  })
  it.each([
    { type: 'AuthorizationRequested', data: { ...request, expiresAt: issued.expiresAt } },
    { type: 'BrowserBound', data: { boundAt: '', expiresAt: '', consentForced: true } },
    { type: 'CallbackReceived', data: { receivedAt: '', outcomeDueAt: '' } },
    { type: 'AuthorizationFailed', data: { reason: 'code_rejected', failedAt: '' } },
    { type: 'AuthorizationExpired', data: { expiredAt: '' } },
  ] satisfies AuthorizationFact[])('is nothing for $type', (fact) => {
    expect(publicationsOf(fact, granted, null)).toEqual([])
  })
})
