import type { Clock, Ids } from '@evergrant/decider'
import type { SyncCause, SyncMode } from '@evergrant/event-contracts'
import { type FactMetadata, handleCommand, type UnitOfWork } from '@evergrant/event-store'
import { calendarErrors } from '../domain/errors.ts'
import { syncDecider } from '../domain/sync.ts'
import type { KnownConnection, KnownConnections, Resources, RunQueue } from './ports.ts'
import { syncPublications } from './publications.ts'

export interface SyncAsk {
  readonly syncId: string
  /** Only what is this user's is found; null for askers on the bus and the clock, who name a connection. */
  readonly userId: string | null
  readonly connectionId: string | null
  readonly calendarId: string | null
  readonly mode: SyncMode
  readonly cause: SyncCause
  /** False when the request came over the bus, where everyone has already seen it. */
  readonly announce: boolean
}

export type RequestSync = (
  unit: UnitOfWork,
  ask: SyncAsk,
  metadata: FactMetadata,
) => Promise<{ readonly id: string; readonly status: 'requested' | 'failed' }>

export interface RequestSyncParts {
  readonly connections: KnownConnections
  readonly resources: Resources
  readonly queue: RunQueue
  readonly clock: Clock
  readonly ids: Ids
}

/** Asks for a sync of a calendar, a connection, or all calendars of a user; requests for the same resource share a run.
 * @throws DomainError `unknown_calendar`, `unknown_calendar_connection` or `no_calendar_connection`. */
export function createRequestSync(parts: RequestSyncParts): RequestSync {
  const { queue, clock, ids } = parts
  return async (unit, ask, metadata) => {
    const { syncId, calendarId, mode, cause, announce } = ask
    const found = await connectionsFor(unit, ask, parts)
    const active = found.filter(({ status }) => status === 'active')
    const impossible = active.length > 0 ? null : (found[0]?.reason ?? 'awaiting_token')
    const covered = active.length > 0 ? active : found
    const targets = active.map(({ connectionId }) => ({
      connectionId,
      // A connection's first resource has its id: the calendar list, the mailbox, somebody's own drive log.
      resourceId: calendarId ?? connectionId,
    }))
    const { facts } = await handleCommand(unit, {
      decider: syncDecider,
      streamType: 'sync',
      streamId: `sync-${syncId}`,
      command: {
        type: 'RequestSync',
        scope: {
          syncId,
          userId: covered[0]?.userId ?? '',
          connectionIds: covered.map(({ connectionId }) => connectionId),
          calendarId,
          mode,
          cause,
        },
        resourceIds: targets.map(({ resourceId }) => resourceId),
        impossible,
        now: clock.now().toISOString(),
      },
      metadata,
      publish: (fact, after) =>
        fact.type === 'SyncRequested' && !announce ? [] : syncPublications(fact, after),
    })
    if (facts.length > 0) {
      for (const target of targets) await queue.enqueue(unit, { runId: ids.next(), syncId, mode, ...target })
    }
    return { id: syncId, status: impossible === null ? 'requested' : 'failed' }
  }
}

async function connectionsFor(
  unit: UnitOfWork,
  ask: SyncAsk,
  { connections, resources }: RequestSyncParts,
): Promise<readonly KnownConnection[]> {
  const isTheirs = (owner: string) => ask.userId === null || owner === ask.userId
  if (ask.calendarId !== null) {
    const calendar = await resources.find(unit, ask.calendarId)
    const fits = calendar?.kind === 'calendar' && !calendar.removed && isTheirs(calendar.userId)
    if (!fits || (ask.connectionId !== null && ask.connectionId !== calendar.connectionId)) {
      throw calendarErrors.unknown_calendar()
    }
    const connection = await connections.byId(unit, calendar.connectionId)
    if (!connection) throw calendarErrors.unknown_calendar_connection()
    return [connection]
  }
  if (ask.connectionId !== null) {
    const connection = await connections.byId(unit, ask.connectionId)
    if (!connection || !isTheirs(connection.userId)) throw calendarErrors.unknown_calendar_connection()
    return [connection]
  }
  const all = ask.userId === null ? [] : await connections.ofUser(unit, ask.userId, 'calendar')
  if (all.length === 0) throw calendarErrors.no_calendar_connection()
  return all
}
