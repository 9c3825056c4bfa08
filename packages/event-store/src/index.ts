export type { CrashPoint } from './crash-point.ts'
export type { Database } from './database.ts'
export { isDatabaseUnavailable, isSchemaError } from './database-errors.ts'
export { storeErrors } from './errors.ts'
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
  TransactionOptions,
  UnitOfWork,
  Write,
} from './event-store.ts'
export {
  type CommandHandling,
  type CommandOutcome,
  handleCommand,
  type ReadSnapshot,
  type Snapshot,
} from './handle-command.ts'
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
export type { InboxFact } from './inbox-facts.ts'
export { inboxStatus } from './inbox-status.ts'
export { type MigrateOptions, migrate } from './migrate.ts'
export { eventStoreMigrations } from './migrations/all.ts'
export { type DatabaseOptions, openDatabase } from './open-database.ts'
export type {
  OutboxStatus,
  OutgoingMessage,
  ParkedMessage,
  Publish,
  PublishOutcome,
  Relay,
} from './outbox.ts'
export { outboxStatus, parkedMessages, releaseParkedMessage } from './outbox-status.ts'
export { createPostgresEventStore, type PostgresEventStoreOptions } from './postgres-event-store.ts'
export { createInbox, type InboxOptions } from './postgres-inbox.ts'
export type { ProjectedTable } from './projected-rows.ts'
export { pruneOutbox } from './prune-outbox.ts'
export { rebuildFromFacts } from './rebuild-from-facts.ts'
export { type Rebuild, type RebuildProgress, rebuildProjection } from './rebuild-projection.ts'
export type { Rebuildable, RebuiltStream } from './rebuildable.ts'
export { createRelay, type RelayOptions } from './relay.ts'
export { compareDigest, type Digest, digestOf, type Gap, gapsToRepair, republish } from './repair.ts'
export { eventStoreNeeds } from './schema-contract.ts'
export { epochMs, readsOf, type Sql, sqlOf } from './sql.ts'
export { entityManagerOf, savepoint } from './unit-of-work.ts'
export { writesOf } from './writes.ts'
