import type { Ids } from '@evergrant/decider'
import type { EventStore } from '@evergrant/event-store'
import type { StaleCopies } from './ports.ts'
import type { RequestSync } from './request-sync.ts'

export interface PollStaleCopiesParts {
  readonly store: EventStore
  readonly stale: Pick<StaleCopies, 'take'>
  readonly requestSync: RequestSync
  readonly ids: Ids
  readonly staleAfterMs: number
  /** The same for a copy whose changes Google says by itself. */
  readonly backstopAfterMs: number
}

// Whoever asks meanwhile waits behind no more than these.
const mostWaiting = 100

/** Asks for a sync of every copy that has grown old; the backstop for changes nobody told us about. After an outage all
 * have: they are handed to the lanes as fast as those get through them. A process that begins looks at every copy once as if
 * Google said nothing: what it said while nobody was there to hear is lost.
 * @returns `more` when others may be left. */
export function createPollStaleCopies(parts: PollStaleCopiesParts): () => Promise<'more' | 'done'> {
  const { store, stale, requestSync, ids, staleAfterMs } = parts
  const backstopAfterMs = Math.max(parts.backstopAfterMs, staleAfterMs)
  let caughtUp = false
  return async () => {
    const isFull = await store.transaction(async (unit) => {
      const ages = { staleAfterMs, backstopAfterMs: caughtUp ? backstopAfterMs : staleAfterMs }
      const { due, isFull } = await stale.take(unit, { ...ages, mostWaiting })
      for (const { connectionId, calendarId } of due) {
        const syncId = ids.next()
        await requestSync(
          unit,
          {
            syncId,
            userId: null,
            connectionId,
            calendarId,
            mode: 'incremental',
            cause: 'schedule',
            announce: true,
          },
          { actor: { kind: 'schedule' }, correlationId: syncId },
        )
      }
      return isFull
    })
    if (isFull) return 'more'
    caughtUp = true
    return 'done'
  }
}
