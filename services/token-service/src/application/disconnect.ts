import type { Clock } from '@evergrant/decider'
import type { FactMetadata } from '@evergrant/event-store'
import type { HandleGrant } from './grant-commands.ts'
import type { ConnectionCard } from './ports.ts'

/** Takes one service off a grant; the last one ends the grant, and Google is told afterwards (revoke-at-google.ts). */
export async function disconnect(
  deps: {
    readonly handle: HandleGrant
    readonly clock: Clock
    readonly revokeSoon: (grantId: string) => void
  },
  card: ConnectionCard,
  metadata: FactMetadata,
): Promise<void> {
  const { facts } = await deps.handle({
    grantId: card.grant.grantId,
    metadata,
    command: {
      type: 'Disconnect',
      now: deps.clock.now().toISOString(),
      service: card.service,
      by: metadata.actor.kind === 'operator' ? 'admin' : 'user',
    },
  })
  if (facts.some((fact) => fact.type === 'GrantRevoked')) deps.revokeSoon(card.grant.grantId)
}
