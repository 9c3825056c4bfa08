import type { Clock } from '@evergrant/decider'
import type { CrashPoint } from './crash-point.ts'
import type { Database } from './database.ts'
import type { EventStore } from './event-store.ts'
import type { EventHandlers, Inbox, InboxStatus } from './inbox.ts'
import type { OutboxStatus, Publish, Relay } from './outbox.ts'

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
export function createRelay(_options: RelayOptions): Relay {
  throw new Error('not yet')
}

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
export function createInbox(_options: InboxOptions): Inbox {
  throw new Error('not yet')
}

export async function outboxStatus(_where: { readonly database: Database }): Promise<OutboxStatus> {
  throw new Error('not yet')
}
export async function inboxStatus(_where: {
  readonly database: Database
  readonly consumer: string
  readonly clock: Clock
}): Promise<InboxStatus> {
  throw new Error('not yet')
}
