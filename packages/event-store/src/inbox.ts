import type { EventMessage, PublicEvent } from '@evergrant/event-contracts'
import type { UnitOfWork } from './event-store.ts'

/** Applies one public event. Its effect and the inbox cursor commit together; it does no HTTP and no NATS.
 * Throw a `DomainError` of kind `unavailable` for a passing fault (redelivered); any other error counts as an attempt
 * and parks the event after the third. */
export type EventHandler = (event: PublicEvent, unit: UnitOfWork) => Promise<void>

/** Handlers by subject. Subjects without one are applied as nothing: their cursor moves on. */
export type EventHandlers = Readonly<Record<string, EventHandler>>

/** What happened to a received batch: acknowledge all of it, or none of it and have it delivered again. */
export type BatchOutcome =
  | { readonly status: 'done' }
  | { readonly status: 'again'; readonly delayMs: number; readonly reason: string }

/** Receives what the bus delivers; never throws for a bad message, which it parks. */
export interface Inbox {
  receive(messages: readonly EventMessage[]): Promise<BatchOutcome>
}
