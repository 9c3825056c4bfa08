import { contracts, type Publication, publication } from '@evergrant/event-contracts'
import type { AuthorizationState } from '../domain/authorization.ts'
import type { AuthorizationFact } from '../domain/authorization-facts.ts'

/** Which fact leaves, as which contract; every other stays private. The sealed tokens exist only in what leaves. */
export function publicationsOf(
  fact: AuthorizationFact,
  after: AuthorizationState,
  sealedTokens: string | null,
): readonly Publication[] {
  if (after.status === 'none') return []
  const { authorizationId, userId, services, access } = after
  if (fact.type === 'AuthorizationGranted' && sealedTokens !== null) {
    const { tokensExpireAt, refreshTokenExpiresAt, grantedAt, ...grant } = fact.data
    return [
      publication(contracts.tokenIssued, {
        authorizationId,
        userId,
        grantId: grant.grantId,
        issuer: grant.issuer,
        account: grant.account,
        services: [...services],
        access,
        grantedScopes: [...grant.grantedScopes],
        missingScopes: [...grant.missingScopes],
        expiresAt: tokensExpireAt,
        refreshTokenIncluded: grant.refreshTokenIncluded,
        ...(refreshTokenExpiresAt === undefined ? {} : { refreshTokenExpiresAt }),
        sealedTokens,
        issuedAt: grantedAt,
      }),
    ]
  }
  if (fact.type === 'AuthorizationDenied') {
    const { reason, deniedAt } = fact.data
    return [
      publication(contracts.authorizationDenied, {
        authorizationId,
        userId,
        services: [...services],
        reason,
        deniedAt,
      }),
    ]
  }
  return []
}
