import type { Clock } from '@evergrant/decider'
import { type EventStore, handleCommand } from '@evergrant/event-store'
import { authorization, authorizationStream } from '../domain/authorization.ts'
import { loadAuthorization } from './load-authorization.ts'
import type { AuthorizationSecrets, DueAuthorizations } from './ports.ts'

export interface SweepAuthorizationsDeps {
  readonly store: EventStore
  readonly due: DueAuthorizations
  readonly secrets: AuthorizationSecrets
  readonly clock: Clock
}

const batchSize = 100

/** Ends what nobody came back for and forgets its secrets; answers how many ended. Any number of replicas may do it at once. */
export async function sweepAuthorizations(deps: SweepAuthorizationsDeps): Promise<number> {
  let ended = 0
  for (;;) {
    const now = deps.clock.now()
    const due = await deps.due.dueBefore(now, batchSize)
    const endedBefore = ended
    for (const authorizationId of due) {
      const { correlationId } = await loadAuthorization(deps.store, authorizationId)
      const { facts } = await handleCommand(deps.store, {
        decider: authorization,
        streamType: 'authorization',
        streamId: authorizationStream(authorizationId),
        command: { type: 'SweepAuthorization', now },
        metadata: { actor: { kind: 'schedule' }, correlationId },
      })
      ended += facts.length
    }
    // A full batch that ended nothing was ended by another replica meanwhile; the next tick looks again.
    if (due.length < batchSize || ended === endedBefore) break
  }
  await deps.secrets.sweep(deps.clock.now())
  return ended
}
