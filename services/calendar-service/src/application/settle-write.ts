import type { Clock } from '@evergrant/decider'
import type { Publication } from '@evergrant/event-contracts'
import { type EventStore, type FactMetadata, handleCommand, type UnitOfWork } from '@evergrant/event-store'
import {
  type EventWriteCommand,
  type EventWriteFact,
  type EventWriteRequest,
  eventWriteDecider,
  writeStream,
} from '../domain/event-write.ts'
import { type GoogleEvent, textOf } from '../domain/google-event.ts'
import type { EventRows, Resources } from './ports.ts'
import { changePublications } from './publications.ts'

export interface SettleParts {
  readonly store: EventStore
  readonly resources: Resources
  readonly events: EventRows
  readonly clock: Clock
}

/** Appends to a write's record. */
export async function recordWrite(
  where: EventStore | UnitOfWork,
  writeId: string,
  command: EventWriteCommand,
  metadata: FactMetadata,
  publications: readonly Publication[] = [],
) {
  return handleCommand(where, {
    decider: eventWriteDecider,
    ...writeStream(writeId),
    command,
    metadata,
    publish: (fact: EventWriteFact) =>
      fact.type === 'EventWriteApplied' || fact.type === 'EventWriteConflicted' ? publications : [],
  })
}

/** Puts what Google made of a write into the copy, the feed and the record, in one transaction. The delta that brings
 * the same revision again then finds nothing to change. */
export async function settleApplied(
  parts: SettleParts,
  request: EventWriteRequest,
  event: GoogleEvent,
  metadata: FactMetadata,
): Promise<void> {
  const { store, clock } = parts
  const at = clock.now()
  const now = at.toISOString()
  await store.transaction(async (unit) => {
    const publications = await keepInCopy(unit, parts, { request, event, at })
    const command = { type: 'ApplyWrite', etag: textOf(event, 'etag'), now } as const
    await recordWrite(unit, request.writeId, command, metadata, publications)
  })
}

/** Brings the copy and the feed to a revision that Google has just shown; returns what to publish about it. */
export async function keepInCopy(
  unit: UnitOfWork,
  { resources, events }: Pick<SettleParts, 'resources' | 'events'>,
  news: { readonly request: EventWriteRequest; readonly event: GoogleEvent; readonly at: Date },
): Promise<readonly Publication[]> {
  const { request, event, at } = news
  const { calendarId, connectionId, userId } = request
  const resource = await resources.lock(unit, calendarId)
  if (resource.removed) return []
  const page = {
    ...{ calendarId, connectionId, userId, at },
    cause: { kind: 'write', by: request.writeId } as const,
    timeZone: resource.timeZone ?? 'UTC',
    events: [event],
  }
  // A generation that was listed before the write must not sweep it away.
  if (resource.cursor.pass?.staged) await events.stage(unit, page)
  const { changes } = await events.store(unit, page)
  return changePublications({ calendarId, connectionId, userId }, changes, at.toISOString())
}
