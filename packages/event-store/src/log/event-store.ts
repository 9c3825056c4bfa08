import type { Fact } from '@evergrant/decider'
import type { Publication } from '@evergrant/event-contracts'

/** Who caused a fact. */
export interface Actor {
  readonly kind: 'user' | 'service' | 'google' | 'schedule' | 'operator'
  readonly id?: string
}

/** Travels with every fact and, but for the actor, into the event metadata on the bus. */
export interface FactMetadata {
  readonly actor: Actor
  /** One value for everything that one outside request led to. */
  readonly correlationId: string
  /** The event (`<source>/<stream>@<version>`) or command that led to this fact. */
  readonly causationId?: string
  /** W3C trace context. */
  readonly traceparent?: string
}

/** A fact as the store keeps it. */
export type RecordedFact<F extends Fact = Fact> = F & {
  /** Global, ascending, with harmless gaps where a transaction rolled back. */
  readonly position: number
  readonly streamId: string
  /** Dense per stream, from 1. */
  readonly version: number
  readonly recordedAt: Date
  readonly metadata: FactMetadata
}

/** A stream's version before an append: the exact number, or a word for what must hold. 0 is `no_stream`. */
export type ExpectedVersion = number | 'no_stream' | 'stream_exists' | 'any'

export interface Append<F extends Fact = Fact> {
  readonly streamId: string
  /** The aggregate's kind, e.g. `grant`. */
  readonly streamType: string
  readonly expectedVersion: ExpectedVersion
  readonly facts: readonly F[]
  /** What leaves on the bus because of these facts, in order; the store numbers and freezes them. */
  readonly publications?: readonly Publication[]
  readonly metadata: FactMetadata
  /** A repeated append with the same id changes nothing and answers as the first did. */
  readonly commandId?: string
}

export interface AppendResult<F extends Fact = Fact> {
  /** The stream's version afterwards. */
  readonly version: number
  readonly facts: readonly RecordedFact<F>[]
  /** True when `commandId` was seen before and nothing was written. */
  readonly repeated: boolean
}

export interface StreamSlice<F extends Fact = Fact> {
  /** 0 when the stream does not exist. */
  readonly version: number
  readonly facts: readonly RecordedFact<F>[]
}

/** A statement that changes rows and answers nothing, for as many of them as come together. */
export interface RowStatement {
  /** What is known of each row: names and types, as a function's column list has them. */
  readonly columns: string
  /** `rows` is the relation of those rows, and every part of the statement must take them from there: rows of an append
   * that was refused are not in it. */
  readonly text: (rows: string) => string
}

/** One row for a statement. Those of one commit may run as one statement: none sees what another did, and no row of a
 * table may be written by two. */
export interface Write {
  readonly statement: RowStatement
  /** By column; what JSON has no word for comes as a string. */
  readonly row: Readonly<Record<string, unknown>>
}

/** One database transaction: everything done through it commits together or not at all. */
export interface UnitOfWork {
  readStream<F extends Fact>(streamId: string): Promise<StreamSlice<F>>
  /** Appends facts, updates inline projections and records publications.
   * @throws DomainError `stream_moved_on` (conflict) when `expectedVersion` does not hold: decide again on fresh state. */
  append<F extends Fact>(append: Append<F>): Promise<AppendResult<F>>
}

export interface TransactionOptions {
  /** An append with an exact version, and the rows written through `writesOf`, wait until the work is done and go as one
   * statement that commits by itself, shared with other work that is done in the same turn: one round trip where there
   * would be four or more for each. A conflict is told then, the positions of the facts are known then, and work that
   * asks for anything else gets its transaction after all. */
  readonly writeAtTheEnd?: boolean
}

/** The one place a service's truth is written to. */
export interface EventStore {
  /** Runs `work` in one transaction and wakes the relay after the commit. Never hold it across HTTP or NATS. */
  transaction<T>(work: (unit: UnitOfWork) => Promise<T>, how?: TransactionOptions): Promise<T>
  readStream<F extends Fact>(streamId: string): Promise<StreamSlice<F>>
  /** Facts of all streams in position order, never skipping one that commits late (`safe_position()`). */
  readAll(query: { readonly after: number; readonly limit: number }): Promise<readonly RecordedFact[]>
}

/** A read model kept in the same transaction as its facts. Its rows belong to one stream each, so that a
 * rebuild can go stream by stream while the service runs. */
export interface Projection {
  readonly name: string
  /** Brings the rows up to date with one fact. */
  apply(unit: UnitOfWork, fact: RecordedFact): Promise<void>
  /** Removes every row that came from one stream. */
  forget(unit: UnitOfWork, streamId: string): Promise<void>
}

/** How stored facts of older schema versions become today's: pure functions, oldest first, kept forever. */
export interface FactCatalogue {
  readonly [type: string]: {
    readonly schemaVersion: number
    /** `upcasters[n]` turns data of schema version n into version n + 1. */
    readonly upcasters?: Readonly<Record<number, (data: object) => object>>
  }
}
