import type { EventMessage, PublicEvent } from '@evergrant/event-contracts'
import type { FactMetadata, UnitOfWork } from '../log/event-store.ts'

/** Applies one public event. Its effect and the inbox cursor commit together; it does no HTTP and no NATS.
 * Throw a `DomainError` of kind `unavailable` for a passing fault (tried again until it passes); any other error
 * counts as an attempt and parks the event after the third. */
export type EventHandler = (event: PublicEvent, unit: UnitOfWork) => Promise<void>

/** Handlers by subject. Subjects without one are applied as nothing: their cursor moves on. */
export type EventHandlers = Readonly<Record<string, EventHandler>>

/** What happened to a received batch: acknowledge all of it, or none of it and have it delivered again. */
export type BatchOutcome =
  | { readonly status: 'done' }
  | { readonly status: 'again'; readonly delayMs: number; readonly reason: string }

/** One stream of one publisher, as a consumer follows it. */
export interface SourceStream {
  readonly source: string
  readonly streamId: string
}

/** Receives what the bus delivers; never throws for a bad message, which it parks. */
export interface Inbox {
  receive(messages: readonly EventMessage[]): Promise<BatchOutcome>
  /** Tries due events again and gives up on starts that nobody answers. Call it about once a second; replicas may
   * overlap. Answers how many events were applied. */
  sweep(): Promise<number>
  /** The publisher's answer to a repair: nothing before `version` exists any more. Never moves a cursor back. */
  startAt(stream: SourceStream, version: number): Promise<void>
  readonly parked: ParkedEvents
}

/** An event that could not be applied. It holds back only its own stream. */
export interface ParkedEvent {
  readonly id: string
  readonly consumer: string
  /** Null for a message without an identity, kept as it came. */
  readonly stream: (SourceStream & { readonly version: number }) | null
  readonly subject: string
  readonly headers: Readonly<Record<string, string>>
  readonly payload: Uint8Array
  readonly reason: string
  readonly attempts: number
  readonly firstSeenAt: Date
  /** Later events of the same stream that wait behind it. */
  readonly waitingBehind: number
}

/** What an operator can do about parked events; each decision is a fact on the stream `inbox-<consumer>`.
 * @throws DomainError `parked_event_not_found` (missing). */
export interface ParkedEvents {
  list(query: { readonly limit: number; readonly after?: string }): Promise<readonly ParkedEvent[]>
  find(id: string): Promise<ParkedEvent>
  /** Applies it again now. `applied: false` means that it failed again: it stays parked, or is tried further
   * where the fault is one that passes. */
  retry(id: string, metadata: FactMetadata): Promise<{ readonly applied: boolean }>
  /** Goes past it for good. */
  skip(id: string, decision: { readonly reason: string; readonly metadata: FactMetadata }): Promise<void>
  /** Applies other data in its place. */
  replace(
    id: string,
    decision: { readonly payload: Uint8Array; readonly reason: string; readonly metadata: FactMetadata },
  ): Promise<{ readonly applied: boolean }>
}

/** What waits to be applied, for health and metrics. */
export interface InboxStatus {
  readonly consumer: string
  readonly parked: number
  readonly blockedStreams: number
  /** Held behind a gap or a blocked event. */
  readonly waiting: number
  readonly retrying: number
  /** Age of the oldest event that is held, for any reason but being parked; 0 when there is none. */
  readonly oldestHeldSeconds: number
}
