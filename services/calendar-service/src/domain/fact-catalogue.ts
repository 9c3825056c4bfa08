import type { ConnectionLinkFact } from './connection-link.ts'
import type { EventWriteFact } from './event-write.ts'
import type { ResourceFact } from './resource-facts.ts'
import type { SyncFact } from './sync-facts.ts'

type FactType = ConnectionLinkFact['type'] | EventWriteFact['type'] | ResourceFact['type'] | SyncFact['type']

/** Every fact of this service and its schema version. */
export const calendarFactCatalogue = {
  ConnectionExpected: { schemaVersion: 1 },
  ConnectionActivated: { schemaVersion: 1 },
  ConnectionPaused: { schemaVersion: 1 },
  ConnectionRenewed: { schemaVersion: 1 },
  GenerationOpened: { schemaVersion: 1 },
  PageStored: { schemaVersion: 1 },
  CalendarsListed: { schemaVersion: 1 },
  GenerationCommitted: { schemaVersion: 1 },
  SliceStored: { schemaVersion: 1 },
  CalendarRemoved: { schemaVersion: 1 },
  SharedDriveLeft: { schemaVersion: 1 },
  SyncRequested: { schemaVersion: 1 },
  SyncRefused: { schemaVersion: 1 },
  SyncStarted: { schemaVersion: 1 },
  SyncWidened: { schemaVersion: 1 },
  ResourceSynced: { schemaVersion: 1 },
  ResourceSyncFailed: { schemaVersion: 1 },
  SyncCompleted: { schemaVersion: 1 },
  SyncFailed: { schemaVersion: 1 },
  EventWriteRequested: { schemaVersion: 1 },
  EventWriteMerged: { schemaVersion: 1 },
  EventWriteApplied: { schemaVersion: 1 },
  EventWriteConflicted: { schemaVersion: 1 },
  EventWriteRefused: { schemaVersion: 1 },
  EventWriteLeftInDoubt: { schemaVersion: 1 },
} as const satisfies Record<FactType, { schemaVersion: number }>
