import type { Clock, Ids } from '@evergrant/decider'
import type { SecurityEvent } from '../domain/security-event.ts'
import type { HandleGrant } from './grant-commands.ts'

export interface SecurityEventDeps {
  readonly handle: HandleGrant
  /** The live grants of one account, whoever's they are. */
  readonly grantsOfAccount: (accountId: string) => Promise<readonly string[]>
  readonly clock: Clock
  readonly ids: Ids
}

/** Ends every grant that a security event speaks of; no replica lends their tokens any more, and Google is not asked.
 * A repeated delivery changes nothing. */
export async function applySecurityEvent(deps: SecurityEventDeps, event: SecurityEvent): Promise<void> {
  const { eventId, accountId, occurredAt, reason } = event
  if (reason === null) return
  for (const grantId of await deps.grantsOfAccount(accountId)) {
    await deps.handle({
      grantId,
      commandId: `security-event/${eventId}`,
      metadata: { actor: { kind: 'google' }, correlationId: deps.ids.next() },
      command: { type: 'EndByProvider', now: deps.clock.now().toISOString(), reason, occurredAt },
    })
  }
}
