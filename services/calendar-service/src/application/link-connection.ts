import type { Clock, Ids } from '@evergrant/decider'
import { type FactMetadata, handleCommand, type UnitOfWork } from '@evergrant/event-store'
import {
  type ConnectionLinkCommand,
  type ConnectionLinkFact,
  connectionLinkDecider,
} from '../domain/connection-link.ts'
import { ownDrive } from '../domain/resource-facts.ts'
import { finishRun } from './finish-run.ts'
import type { Resources, RunQueue } from './ports.ts'
import type { RequestSync } from './request-sync.ts'

export type LinkConnection = (
  unit: UnitOfWork,
  command: ConnectionLinkCommand,
  metadata: FactMetadata,
) => Promise<void>

export interface LinkConnectionParts {
  readonly resources: Resources
  readonly queue: RunQueue
  readonly requestSync: RequestSync
  readonly clock: Clock
  readonly ids: Ids
}

/** Keeps what is known of a connection; one that begins to work is synced at once, one that stops is paused. */
export function createLinkConnection(parts: LinkConnectionParts): LinkConnection {
  return async (unit, command, metadata) => {
    const { facts } = await handleCommand(unit, {
      decider: connectionLinkDecider,
      streamType: 'connection',
      streamId: `connection-${command.identity.connectionId}`,
      command,
      metadata,
    })
    for (const fact of facts) await follow(unit, fact, metadata, parts)
  }
}

/** What a connection is synced from; it may lead to further resources. */
const rootResources = {
  calendar: { kind: 'calendar_list', googleId: 'calendarList' },
  gmail: { kind: 'mailbox', googleId: 'me' },
  drive: { kind: 'drive', googleId: ownDrive },
} as const

async function follow(
  unit: UnitOfWork,
  fact: ConnectionLinkFact,
  metadata: FactMetadata,
  parts: LinkConnectionParts,
): Promise<void> {
  const { connectionId, userId } = fact.data
  const { resources, queue, requestSync, ids } = parts
  if (fact.type === 'ConnectionActivated' || fact.type === 'ConnectionRenewed') {
    const root = rootResources[fact.data.service ?? 'calendar']
    await resources.open(unit, { resourceId: connectionId, connectionId, userId, ...root })
    await requestSync(
      unit,
      {
        syncId: ids.next(),
        userId,
        connectionId,
        calendarId: null,
        mode: 'incremental',
        cause: 'token-issued',
        announce: true,
      },
      metadata,
    )
  }
  if (fact.type === 'ConnectionPaused') {
    for (const run of await queue.underWay(unit, connectionId)) {
      const ending = { status: 'failed', reason: fact.data.reason, retryAt: null } as const
      await finishRun(unit, run, ending, { queue, clock: parts.clock, actor: metadata.actor })
    }
  }
}
