export type { CrashPoint } from './crash-point.ts'
export type { Database } from './database/database.ts'
export { isDatabaseUnavailable, isSchemaError } from './database/database-errors.ts'
export { type MigrateOptions, migrate } from './database/migrate.ts'
export { type DatabaseOptions, openDatabase } from './database/open-database.ts'
export { readTogether } from './database/read-together.ts'
export { epochMs, readsOf, type Sql, sqlOf } from './database/sql.ts'
export { storeErrors } from './errors.ts'
export {
  type ForgottenSlice,
  forgetOldStreams,
  type OldStreams,
  type RowsOfStreams,
} from './forgetting/forget-old-streams.ts'
export type { Kept } from './forgetting/judge-old-stream.ts'
export type {
  BatchOutcome,
  EventHandler,
  EventHandlers,
  Inbox,
  InboxStatus,
  ParkedEvent,
  ParkedEvents,
  SourceStream,
} from './inbox/inbox.ts'
export type { InboxFact } from './inbox/inbox-facts.ts'
export { inboxStatus } from './inbox/inbox-status.ts'
export { createInbox, type InboxOptions } from './inbox/postgres-inbox.ts'
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
  RowStatement,
  StreamSlice,
  TransactionOptions,
  UnitOfWork,
  Write,
} from './log/event-store.ts'
export {
  type CommandHandling,
  type CommandOutcome,
  handleCommand,
  type ReadSnapshot,
  type Snapshot,
} from './log/handle-command.ts'
export { createPostgresEventStore, type PostgresEventStoreOptions } from './log/postgres-event-store.ts'
export { entityManagerOf, savepoint } from './log/unit-of-work.ts'
export { writesOf } from './log/writes.ts'
export { eventStoreMigrations } from './migrations/all.ts'
export type {
  OutboxStatus,
  OutgoingMessage,
  ParkedMessage,
  ParkedMessages,
  Publish,
  PublishOutcome,
  Relay,
} from './outbox/outbox.ts'
export type { OutboxFact } from './outbox/outbox-facts.ts'
export { outboxStatus } from './outbox/outbox-status.ts'
export { createParkedMessages, type ParkedMessagesOptions } from './outbox/parked-messages.ts'
export { pruneOutbox } from './outbox/prune-outbox.ts'
export { createRelay, type RelayOptions } from './outbox/relay.ts'
export type { ProjectedTable } from './projections/projected-rows.ts'
export { rebuildFromFacts } from './projections/rebuild-from-facts.ts'
export { type Rebuild, type RebuildProgress, rebuildProjection } from './projections/rebuild-projection.ts'
export type { Rebuildable, RebuiltStream } from './projections/rebuildable.ts'
export { reasonCode } from './reason-code.ts'
export { compareDigest, type Digest, digestOf, type Gap, gapsToRepair, republish } from './repair.ts'
export { newestRewind } from './rewinds/newest-rewind.ts'
export type { ReadPublished, Rewind } from './rewinds/rewinds.ts'
export { type RewindWatch, type RewindWatchOptions, watchForRewinds } from './rewinds/watch-for-rewinds.ts'
export { eventStoreNeeds } from './schema-contract.ts'
