import type { Ids } from '@evergrant/decider'
import type { EventStore } from '@evergrant/event-store'
import type { StaleConnections } from './ports.ts'
import type { RequestSync } from './request-sync.ts'

export interface PollStaleParts {
  readonly store: EventStore
  readonly stale: StaleConnections
  readonly requestSync: RequestSync
  readonly ids: Ids
  readonly staleAfterMs: number
}

// Whoever asks meanwhile waits behind no more than these.
const mostWaiting = 100

/** Asks for a sync of every connection whose copy has grown old; the backstop for changes nobody told us about. After an
 * outage all have: they are handed to the lanes as fast as those get through them.
 * @returns `more` when others may be left. */
export function createPollStale(parts: PollStaleParts): () => Promise<'more' | 'done'> {
  const { store, stale, requestSync, ids, staleAfterMs } = parts
  return () =>
    store.transaction(async (unit) => {
      const { connectionIds, isFull } = await stale.take(unit, { staleAfterMs, mostWaiting })
      for (const connectionId of connectionIds) {
        const syncId = ids.next()
        await requestSync(
          unit,
          {
            syncId,
            userId: null,
            connectionId,
            calendarId: null,
            mode: 'incremental',
            cause: 'schedule',
            announce: true,
          },
          { actor: { kind: 'schedule' }, correlationId: syncId },
        )
      }
      return isFull ? 'more' : 'done'
    })
}
