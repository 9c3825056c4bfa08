import { type FactMetadata, handleCommand, type UnitOfWork } from '@evergrant/event-store'
import { knownGrant, knownGrantStream } from '../domain/known-grant.ts'

/** Remembers that a grant's refresh token no longer works, so that the next consent asks for a new one. */
export async function noteLostRefreshToken(
  unit: UnitOfWork,
  loss: { readonly grantId: string; readonly reason: string; readonly lostAt: string },
  metadata: FactMetadata,
): Promise<void> {
  const { grantId, reason, lostAt } = loss
  await handleCommand(unit, {
    decider: knownGrant,
    streamType: 'known-grant',
    streamId: knownGrantStream(grantId),
    command: { type: 'NoteLoss', reason, lostAt },
    metadata,
  })
}

/** Remembers that Google took scopes away, so that adding them again asks for a refresh token that covers them. */
export async function noteMissingScopes(
  unit: UnitOfWork,
  missing: { readonly grantId: string; readonly scopes: readonly string[]; readonly missingSince: string },
  metadata: FactMetadata,
): Promise<void> {
  const { grantId, scopes, missingSince } = missing
  await handleCommand(unit, {
    decider: knownGrant,
    streamType: 'known-grant',
    streamId: knownGrantStream(grantId),
    command: { type: 'NoteMissingScopes', scopes, missingSince },
    metadata,
  })
}
