import type { Clock } from '@evergrant/decider'
import type { FactMetadata } from '@evergrant/event-store'
import type { RevocationOutcome } from '../domain/grant-facts.ts'
import type { Grant } from '../domain/grant-state.ts'
import { nextAttemptAt } from '../domain/refresh-timing.ts'
import type { HandleGrant } from './grant-commands.ts'
import type { Grants, ProviderTokens, Random, RevocationAnswer, SecretVault } from './ports.ts'

export interface RevokeDeps {
  readonly handle: HandleGrant
  readonly grants: Pick<Grants, 'byId' | 'accountIsSharedWithOthers'>
  readonly vault: SecretVault
  readonly provider: ProviderTokens
  readonly clock: Clock
  readonly random: Random
}

/** Tells Google that a revoked grant is over, then destroys its key. Repeated until Google has heard it; harmless
 * when repeated, because revoking twice is `already_gone`. A new consent in between calls it off. */
export async function revokeAtGoogle(
  deps: RevokeDeps,
  grantId: string,
  metadata: FactMetadata,
): Promise<void> {
  const grant = (await deps.grants.byId(grantId))?.grant
  if (grant?.status !== 'revoked' || grant.revocation.status !== 'pending') return
  const answer = await ask(deps, grant)
  const now = deps.clock.now()
  if (answer.settled !== null) {
    await deps.handle({
      grantId,
      metadata,
      command: { type: 'SettleRevocation', now: now.toISOString(), outcome: answer.settled },
      alongside: (unit) => deps.vault.shred(unit, grantId),
    })
    return
  }
  const again = nextAttemptAt({
    now,
    failureClass: 'transient',
    failures: grant.revocation.failures,
    retryAfterSeconds: answer.retryAfterSeconds,
    jitter: deps.random(),
  })
  await deps.handle({
    grantId,
    metadata,
    command: {
      type: 'DelayRevocation',
      now: now.toISOString(),
      httpStatus: answer.httpStatus,
      nextAttemptAt: (again ?? now).toISOString(),
    },
  })
}

type Settling = { readonly settled: RevocationOutcome } | Extract<RevocationAnswer, { settled: null }>

async function ask(deps: RevokeDeps, grant: Grant): Promise<Settling> {
  // Google revokes everything one account granted to a project; another user's access must not go with this one's.
  if (await deps.grants.accountIsSharedWithOthers(grant)) return { settled: 'kept_for_others' }
  const { grantId, userId, generation, refreshTokenGeneration } = grant
  const token =
    refreshTokenGeneration === null
      ? await deps.vault.accessToken({ grantId, userId, generation })
      : (await deps.vault.refreshToken({ grantId, userId, generation: refreshTokenGeneration }))?.token
  return token === undefined ? { settled: 'nothing_to_revoke' } : deps.provider.revoke(token)
}
