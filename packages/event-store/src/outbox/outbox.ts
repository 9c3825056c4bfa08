import type { EventIdentity, EventMessage } from '@evergrant/event-contracts'
import type { FactMetadata } from '../log/event-store.ts'

/** A frozen public event on its way out. `repair` > 0 when it is published again on purpose. */
export interface OutgoingMessage extends EventMessage, EventIdentity {
  readonly repair: number
}

/** What became of one message, in the order given. */
export type PublishOutcome =
  | { readonly status: 'published'; readonly sequence: number; readonly duplicate: boolean }
  /** Try again later; nothing after it in the same stream was published either. */
  | { readonly status: 'retry'; readonly reason: string }
  /** It can never be published as it is (too large, bad subject): blocks its own stream until an operator acts.
   * `<stable word>: <what it means>`. */
  | { readonly status: 'park'; readonly reason: string }

/** What the relay asks of the bus; service-runtime joins the two. Messages of one stream go out in order. */
export type Publish = (messages: readonly OutgoingMessage[]) => Promise<readonly PublishOutcome[]>

/** The relay of one process; any number of them may run on one database. */
export interface Relay {
  start(): void
  /** Finishes the batch under way and gives its shards back. */
  stop(): Promise<void>
  /** There may be something new: look now instead of at the next poll. Cheap, never throws. */
  wake(): void
}

/** What waits to go out, for health and metrics. */
export interface OutboxStatus {
  /** Counted up to 10 000. */
  readonly unpublished: number
  readonly parked: number
  /** Age of the oldest row that still has to go out; 0 when there is none. */
  readonly oldestUnpublishedSeconds: number
}

/** A row that can never be published as it is; it blocks its own stream until somebody decides. */
export interface ParkedMessage extends EventMessage, EventIdentity {
  readonly id: string
  readonly reason: string
  readonly attempts: number
  readonly recordedAt: Date
  readonly parkedAt: Date
  /** Later publications of the same stream that wait behind it. */
  readonly waitingBehind: number
}

/** What an operator can do about parked messages; each decision is a fact on the stream `outbox-<source>`.
 * @throws DomainError `parked_message_not_found` (missing). */
export interface ParkedMessages {
  list(query: { readonly limit: number; readonly after?: string }): Promise<readonly ParkedMessage[]>
  find(id: string): Promise<ParkedMessage>
  /** Lets it try again, once the reason is gone (a larger `max_payload`, say). The relay does it soon after. */
  retry(id: string, metadata: FactMetadata): Promise<void>
  /** What became of a message that was let go; `waiting` while the relay has not been there. */
  standing(id: string): Promise<'published' | 'parked' | 'waiting'>
  /** Never publishes it. `EventDropped` takes its number, so the stream goes on without a hole. */
  drop(id: string, decision: { readonly reason: string; readonly metadata: FactMetadata }): Promise<void>
}
