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
  /** One authorization that cannot be ended must not keep the others. */
  readonly onError: (error: unknown) => void
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
      await end(deps, authorizationId, now).then((facts) => {
        ended += facts
      }, deps.onError)
    }
    // A full batch that ended nothing was ended by another replica meanwhile; the next tick looks again.
    if (due.length < batchSize || ended === endedBefore) break
  }
  await deps.secrets.sweep(deps.clock.now())
  return ended
}

async function end({ store }: SweepAuthorizationsDeps, authorizationId: string, now: Date): Promise<number> {
  const { correlationId } = await loadAuthorization(store, authorizationId)
  const { facts } = await handleCommand(store, {
    decider: authorization,
    streamType: 'authorization',
    streamId: authorizationStream(authorizationId),
    command: { type: 'SweepAuthorization', now },
    metadata: { actor: { kind: 'schedule' }, correlationId },
  })
  return facts.length
}
