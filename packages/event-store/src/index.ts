export type { Database } from './database.ts'
export type {
  Actor,
  Append,
  AppendResult,
  EventStore,
  ExpectedVersion,
  FactCatalogue,
  FactMetadata,
  Projection,
  RecordedFact,
  StreamSlice,
  UnitOfWork,
} from './event-store.ts'
export { type CommandHandling, type CommandOutcome, handleCommand } from './handle-command.ts'
export type {
  BatchOutcome,
  EventHandler,
  EventHandlers,
  Inbox,
  InboxStatus,
  ParkedEvent,
  ParkedEvents,
  SourceStream,
} from './inbox.ts'
export type {
  OutboxStatus,
  OutgoingMessage,
  ParkedMessage,
  Publish,
  PublishOutcome,
  Relay,
} from './outbox.ts'
export { compareDigest, type Digest, digestOf, type Gap, gapsToRepair, republish } from './repair.ts'
export {
  createInbox,
  createPostgresEventStore,
  createRelay,
  type InboxOptions,
  inboxStatus,
  outboxStatus,
  type PostgresEventStoreOptions,
  type RelayOptions,
} from './signatures.ts'
