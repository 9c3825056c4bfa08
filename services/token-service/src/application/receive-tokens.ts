import type { Clock } from '@evergrant/decider'
import { type contracts, type DataOf, grantIdOf } from '@evergrant/event-contracts'
import type { FactMetadata, UnitOfWork } from '@evergrant/event-store'
import { tokenErrors } from '../domain/errors.ts'
import { refreshDueAt } from '../domain/refresh-timing.ts'
import type { HandleGrant } from './grant-commands.ts'
import type { Random, SecretVault } from './ports.ts'

/** What oauth-service seals into `TokenIssued`. */
export interface IssuedTokens {
  readonly accessToken: string
  readonly refreshToken: string | null
}

export interface ReceiveTokensDeps {
  readonly handle: HandleGrant
  readonly vault: SecretVault
  readonly clock: Clock
  readonly random: Random
}

/** Takes a fresh token set into its grant; the tokens enter the vault in the transaction of the facts.
 * @throws DomainError `grant_mismatch` when the event names a grant that is not this user's and account's. */
export async function receiveTokens(
  deps: ReceiveTokensDeps,
  issued: DataOf<typeof contracts.tokenIssued>,
  tokens: IssuedTokens,
  context: { readonly unit: UnitOfWork; readonly metadata: FactMetadata },
): Promise<void> {
  const { grantId, userId, issuer, account } = issued
  if (grantIdOf(userId, issuer, account.id) !== grantId) throw tokenErrors.grant_mismatch()
  await deps.handle(
    {
      grantId,
      metadata: context.metadata,
      command: {
        type: 'ReceiveTokens',
        now: deps.clock.now().toISOString(),
        grantId,
        userId,
        issuer,
        account,
        authorizationId: issued.authorizationId,
        services: issued.services,
        access: issued.access,
        scopes: issued.grantedScopes,
        expiresAt: issued.expiresAt,
        refreshDueAt: refreshDueAt({
          from: new Date(issued.issuedAt),
          expiresAt: new Date(issued.expiresAt),
          jitter: deps.random(),
        }).toISOString(),
        refreshTokenIncluded: tokens.refreshToken !== null,
      },
      alongside: async (unit, _facts, after) => {
        if (after.status === 'none') return
        await deps.vault.keep(unit, { grantId, userId, generation: after.generation, ...tokens })
      },
    },
    context.unit,
  )
}
