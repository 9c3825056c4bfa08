import type { Clock } from '@evergrant/decider'
import type { Database } from './database.ts'
import type { EventStore, FactCatalogue, Projection } from './event-store.ts'
import type { EventHandlers, Inbox, InboxStatus } from './inbox.ts'
import type { OutboxStatus, Publish, Relay } from './outbox.ts'

/** A hook for failure tests: called at named points of a run, never set in production. */
export type CrashPoint = (name: string) => void | Promise<void>

export interface PostgresEventStoreOptions {
  readonly database: Database
  /** `ce-source`: the publishing service. */
  readonly source: string
  readonly facts: FactCatalogue
  readonly projections: readonly Projection[]
  readonly clock: Clock
  /** Called after a commit that recorded publications: wake the relay. Must not throw. */
  readonly onCommitted?: () => void
  readonly crashPoint?: CrashPoint
}
export declare function createPostgresEventStore(options: PostgresEventStoreOptions): EventStore

export interface RelayOptions {
  readonly database: Database
  readonly publish: Publish
  readonly instanceId: string
  readonly onError: (error: unknown) => void
  readonly random?: () => number
  readonly pollMs?: number
  readonly leaseMs?: number
  readonly batchSize?: number
  readonly crashPoint?: CrashPoint
}
export declare function createRelay(options: RelayOptions): Relay

export interface InboxOptions {
  readonly store: EventStore
  readonly database: Database
  /** The consuming service. */
  readonly consumer: string
  readonly handlers: EventHandlers
  readonly clock: Clock
  readonly onError: (error: unknown) => void
  /** How long an unknown stream waits for its publisher to say where it starts. Default 30 000. */
  readonly startAfterMs?: number
  readonly crashPoint?: CrashPoint
}
export declare function createInbox(options: InboxOptions): Inbox

export declare function outboxStatus(where: { readonly database: Database }): Promise<OutboxStatus>
export declare function inboxStatus(where: {
  readonly database: Database
  readonly consumer: string
  readonly clock: Clock
}): Promise<InboxStatus>
