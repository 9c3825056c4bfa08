import type { EventIdentity, EventMessage } from '@evergrant/event-contracts'

/** A frozen public event to publish. `repair` > 0 makes a new message id, or the duplicate window would swallow it. */
export interface MessageToPublish extends EventMessage, EventIdentity {
  readonly repair: number
}

export type PublishOutcome =
  | { readonly status: 'published'; readonly sequence: number; readonly duplicate: boolean }
  | { readonly status: 'retry'; readonly reason: string }
  /** `<stable word>: <what it means>`, e.g. `message_too_large: …`. */
  | { readonly status: 'park'; readonly reason: string }

export type BatchOutcome =
  | { readonly status: 'done' }
  | { readonly status: 'again'; readonly delayMs: number; readonly reason: string }

/** A JetStream stream of a publishing service: `OAUTH`, `TOKEN` or `CALENDAR`. */
export interface StreamDeclaration {
  readonly name: string
  readonly subjects: readonly string[]
  /** Copies in a NATS cluster; 1 when left out, 3 where there are three servers. */
  readonly replicas?: 1 | 3 | 5
}

export interface Subscription {
  /** The source service's stream; everything on it is delivered, so that its versions stay dense. */
  readonly stream: string
  /** The durable consumer's name: the consuming service. All its replicas share it. */
  readonly durable: string
}

/** Something running that can be stopped; resolves when the work under way is finished. */
export interface Running {
  stop(): Promise<void>
}

/** A request/reply answer: a body, or a refusal with a stable code. */
export type Reply =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly status: number; readonly code: string; readonly body: unknown }

export type RequestHandler = (body: unknown, headers: Readonly<Record<string, string>>) => Promise<Reply>

export interface BusService {
  /** `$SRV` discovery name, e.g. `token-service`. */
  readonly name: string
  readonly version: string
  readonly description: string
  readonly endpoints: Readonly<Record<string, { readonly subject: string; readonly handle: RequestHandler }>>
}

export interface BusStatus {
  readonly connected: boolean
  /** Since when, ISO time; null before the first connection. */
  readonly since: string | null
  readonly serverVersion: string | null
}

/** A message with its place in a stream. */
export interface StoredMessage extends EventMessage {
  readonly sequence: number
  /** By the server's clock. */
  readonly storedAt: Date
}

export type ReadFrom = { readonly sequence: number } | { readonly since: Date }

/** How far a durable consumer is behind; null when the bus cannot tell now. */
export interface ConsumerLag {
  /** Messages nobody has fetched yet. */
  readonly waiting: number
  /** Fetched, not yet acknowledged. */
  readonly unacknowledged: number
}

/** Not given at all (null) while the bus cannot tell, or knows no such consumer. */
export interface OldestUnprocessed {
  /** When the oldest message that is not acknowledged came onto the stream, ISO time; null when there is none. */
  readonly publishedAt: string | null
}

/** The road between services. The truth stays in PostgreSQL: whatever is lost here is found and sent again. */
export interface EventBus {
  /** Declares a stream this service owns, creating it or bringing it up to date; again after every reconnect and when the
   * server lost its disk. Remembered, and done as soon as possible, while the server is away.
   * @throws DomainError `bus_misconfigured` when the server does not echo a guarantee that was asked for. */
  declareStream(stream: StreamDeclaration): Promise<void>
  /** In order per stream id; one outcome a message, in the order given. Never throws for a server that is away. */
  publish(messages: readonly MessageToPublish[]): Promise<readonly PublishOutcome[]>
  /** Delivers batches until stopped, over reconnects, and recreates its consumer when the server forgot it. */
  consume(
    subscription: Subscription,
    receive: (messages: readonly EventMessage[]) => Promise<BatchOutcome>,
  ): Running
  /** The newest event of one subject, for those who were not there when it came; null when there is none.
   * @throws DomainError `bus_unavailable`. */
  last(stream: string, subject: string): Promise<EventMessage | null>
  /** What a stream holds from there on, oldest first, until its end; nothing when there is no such stream. A question to the
   * server for each.
   * @throws DomainError `bus_unavailable`. */
  stored(stream: string, from: ReadFrom): AsyncIterable<StoredMessage>
  /** Fire and forget on NATS core: wake-ups and digests. Lost when nobody listens. */
  broadcast(subject: string, body: unknown): void
  listen(
    subject: string,
    handle: (body: unknown) => void | Promise<void>,
    options?: { readonly queue?: string },
  ): Running
  request(
    subject: string,
    body: unknown,
    options: { readonly timeoutMs: number; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Reply>
  /** A NATS service with `$SRV` discovery; replicas share the load. */
  serve(service: BusService): Promise<Running>
  status(): BusStatus
  lag(subscription: Subscription): Promise<ConsumerLag | null>
  /** Costs the server two questions: for scrapes, not for a hot path. */
  oldestUnprocessed(subscription: Subscription): Promise<OldestUnprocessed | null>
  /** Calls back after a reconnect and whenever a declared stream had to be created: what was on the bus may be gone, so
   * say where the truth stands. Returns how to stop listening. */
  onRestored(listener: () => void): () => void
  /** Calls back with whatever goes wrong on the road: a lost connection, a missing permission, a receiver that throws.
   * Nothing of it needs an answer, all of it belongs in the log. Returns how to stop listening. */
  onError(listener: (error: unknown) => void): () => void
  /** Finishes what is under way, then closes. */
  close(): Promise<void>
}
