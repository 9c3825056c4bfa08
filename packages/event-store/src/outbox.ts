import type { EventIdentity, EventMessage } from '@evergrant/event-contracts'

/** A frozen public event on its way out. `repair` > 0 when it is published again on purpose. */
export interface OutgoingMessage extends EventMessage, EventIdentity {
  readonly repair: number
}

/** What became of one message, in the order given. */
export type PublishOutcome =
  | { readonly status: 'published'; readonly sequence: number; readonly duplicate: boolean }
  /** Try again later; nothing after it in the same stream was published either. */
  | { readonly status: 'retry'; readonly reason: string }
  /** It can never be published as it is (too large, bad subject): blocks its own stream until an operator acts. */
  | { readonly status: 'park'; readonly reason: string }

/** What the relay asks of the bus; service-runtime joins the two. Messages of one stream go out in order. */
export type Publish = (messages: readonly OutgoingMessage[]) => Promise<readonly PublishOutcome[]>
