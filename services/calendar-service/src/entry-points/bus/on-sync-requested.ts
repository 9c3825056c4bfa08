import { type Clock, DomainError, type Ids } from '@evergrant/decider'
import type { contracts, DataOf } from '@evergrant/event-contracts'
import type { EventHandler } from '@evergrant/event-store'
import { tellSync } from '../../application/finish-run.ts'
import type { RequestSync } from '../../application/request-sync.ts'
import { metadataOfEvent } from './event-metadata.ts'

export interface SyncRequestedParts {
  readonly requestSync: RequestSync
  /** Our own `ce-source`: what we published ourselves is already under way. */
  readonly source: string
  readonly ids: Ids
  readonly clock: Clock
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Somebody else wants a connection synced. What cannot be found is refused with a fact, not parked: asking for nothing
 * must not hold up the asker's next request. */
export function onSyncRequested(parts: SyncRequestedParts): EventHandler {
  return async (event, unit) => {
    if (event.attributes.source === parts.source) return
    const { connectionId, resource, mode, cause, ...asked } = event.data as DataOf<
      typeof contracts.syncRequested
    >
    const syncId = asked.syncId ?? parts.ids.next()
    const calendarId = resource ?? null
    const metadata = metadataOfEvent(event)
    const refuse = (reason: string) => {
      const now = parts.clock.now().toISOString()
      const { actor, correlationId, traceparent = null } = metadata
      const command = { type: 'RefuseSync', syncId, connectionId, reason, now } as const
      return tellSync(unit, { syncId, correlationId, traceparent }, command, actor)
    }
    if (calendarId !== null && !uuid.test(calendarId)) return refuse('unknown_calendar')
    const ask = { syncId, userId: null, connectionId, calendarId, mode, cause, announce: false }
    try {
      await parts.requestSync(unit, ask, metadata)
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind !== 'missing') throw error
      await refuse(error.code)
    }
  }
}
