import { contracts, type Publication, publication } from '@evergrant/event-contracts'
import type { EventChange } from '../domain/resource-facts.ts'
import type { Sync } from '../domain/sync.ts'
import type { SyncFact } from '../domain/sync-facts.ts'
import type { ChangedCalendar } from './ports.ts'

/** Which fact leaves as which contract; the default is none. */
export function syncPublications(fact: SyncFact, after: Sync): readonly Publication[] {
  if (after.status === 'none' || after.status === 'refused') return []
  const { syncId, userId, connectionIds, mode } = after.scope
  switch (fact.type) {
    case 'SyncRequested':
      return connectionIds.map((connectionId) =>
        publication(contracts.syncRequested, {
          syncId,
          connectionId,
          resource: fact.data.calendarId,
          mode: fact.data.mode,
          cause: fact.data.cause,
          requestedAt: fact.data.requestedAt,
        }),
      )
    case 'SyncStarted':
      return [
        publication(contracts.syncStarted, {
          syncId,
          userId,
          connectionIds: [...connectionIds],
          mode,
          startedAt: fact.data.startedAt,
        }),
      ]
    case 'SyncCompleted': {
      const { counts, completedAt } = fact.data
      return [
        publication(contracts.syncCompleted, {
          syncId,
          userId,
          connectionIds: [...connectionIds],
          mode: fact.data.mode,
          counts,
          durationMs: Math.max(0, Date.parse(completedAt) - Date.parse(after.startedAt ?? completedAt)),
          completedAt,
        }),
      ]
    }
    case 'SyncFailed': {
      const { reason, retryAt, failedAt } = fact.data
      return [
        publication(contracts.syncFailed, {
          syncId,
          userId,
          connectionIds: [...connectionIds],
          mode: fact.data.mode,
          reason,
          retryAt,
          failedAt,
        }),
      ]
    }
    default:
      return []
  }
}

// A message stays far below what NATS takes, whatever the length of Google's ids.
const changesPerEvent = 100

/** A page's changes, in batches a subscriber can swallow. */
export function changePublications(
  calendar: { readonly userId: string; readonly connectionId: string; readonly calendarId: string },
  changes: readonly EventChange[],
  changedAt: string,
): readonly Publication[] {
  const publications: Publication[] = []
  for (let start = 0; start < changes.length; start += changesPerEvent) {
    publications.push(
      publication(contracts.calendarEventsChanged, {
        ...calendar,
        changes: changes.slice(start, start + changesPerEvent).map((change) => ({ ...change })),
        changedAt,
      }),
    )
  }
  return publications
}

/** How the changes of one transaction to a calendar leave. */
export function publishing({ calendarId, connectionId, userId, at }: ChangedCalendar) {
  return (changes: readonly EventChange[]) =>
    changePublications({ calendarId, connectionId, userId }, changes, at.toISOString())
}
