import { type Clock, DomainError } from '@evergrant/decider'
import type { EventMessage } from '@evergrant/event-contracts'
import { type CrashPoint, neverCrash } from '../crash-point.ts'
import type { Database } from '../database/database.ts'
import { sqlOf } from '../database/sql.ts'
import { type Advance, drainHeld, type Tally, takeArrivals } from '../log/advance-streams.ts'
import type { EventStore, UnitOfWork } from '../log/event-store.ts'
import { reasonOf } from './apply-event.ts'
import {
  digestOfMessage,
  type IdentifiedMessage,
  identifyMessage,
  repairingSources,
} from './identify-message.ts'
import type { BatchOutcome, EventHandlers, Inbox, SourceStream } from './inbox.ts'
import { type Cursor, lockCursors, parkUnidentified, saveCursors } from './inbox-rows.ts'
import { createParkedEvents } from './parked-events.ts'
import { streamsReady, streamsToStart } from './streams-to-sweep.ts'

export interface InboxOptions {
  readonly store: EventStore
  readonly database: Database
  /** The consuming service. */
  readonly consumer: string
  readonly handlers: EventHandlers
  readonly clock: Clock
  /** Told of every failed attempt, for the log. */
  readonly onError: (error: unknown) => void
  /** How long an unknown stream waits for its publisher to say where it starts; default 30 000. */
  readonly startAfterMs?: number
  /** The same for publishers nobody can ask, and for gaps in their streams; default 2 000. */
  readonly foreignStartAfterMs?: number
  readonly crashPoint?: CrashPoint
}

/** Every event of a batch failed for a reason that passes: the batch is to be delivered again. */
class NothingApplied extends Error {}

/**
 * Applies events once and in order per stream. Cursors and effects share one transaction: `version + 1` is applied,
 * what was applied is dropped, what comes too early is held in the database and acknowledged (handing it back to
 * the bus would fill its window and keep the missing one out). A failed event blocks its own stream alone.
 */
export function createInbox(options: InboxOptions): Inbox {
  const { store, database, consumer, handlers, clock, onError, crashPoint = neverCrash } = options
  const { startAfterMs = 30_000, foreignStartAfterMs = 2000 } = options

  /** One transaction over some streams, whose cursors it locks and saves. */
  const advancing = <T>(
    streams: readonly SourceStream[],
    work: (advance: Advance, cursors: readonly Cursor[], tally: Tally) => Promise<T>,
  ): Promise<T> =>
    store.transaction(async (unit: UnitOfWork) => {
      const sql = sqlOf(unit)
      const tally: Tally = { applied: 0, later: 0, failed: 0, reason: '' }
      const cursors = streams.length === 0 ? [] : await lockCursors(sql, consumer, streams, clock.now())
      const result = await work({ unit, consumer, handlers, clock, onError }, cursors, tally)
      await saveCursors(sql, consumer, cursors, clock.now())
      return result
    })

  const receive = async (messages: readonly EventMessage[]): Promise<void> => {
    const { identified, unidentified } = sort(messages)
    await advancing(identified, async (advance, cursors, tally) => {
      for (const one of unidentified) await parkUnidentified(sqlOf(advance.unit), consumer, one, clock.now())
      await takeArrivals(advance, cursors, identified, tally)
      if (tally.later > 0 && tally.applied + tally.failed + unidentified.length === 0) {
        throw new NothingApplied(tally.reason)
      }
      for (const cursor of cursors) if (cursor.moved) await drainHeld(advance, cursor, tally)
      await crashPoint('inbox-before-commit')
    })
    await crashPoint('inbox-after-commit')
  }

  const sweepStream = (stream: SourceStream) =>
    advancing([stream], async (advance, [cursor], tally) =>
      cursor ? drainHeld(advance, cursor, tally, await isDue(advance, cursor)) : 0,
    )

  const isDue = async (advance: Advance, cursor: Cursor): Promise<boolean> =>
    (await streamsReady(sqlOf(advance.unit), consumer, clock.now(), cursor)).length > 0

  const startAt = (stream: SourceStream, version: number) =>
    advancing([stream], async (advance, [cursor], tally) => {
      // What is held below has to be decided first; the gap will be asked for again.
      if (!cursor || cursor.version >= version - 1 || (cursor.firstHeld ?? version) < version) return
      cursor.version = version - 1
      cursor.moved = true
      await drainHeld(advance, cursor, tally)
    })

  return {
    receive: async (messages): Promise<BatchOutcome> => {
      try {
        await receive(messages)
        return { status: 'done' }
      } catch (error) {
        if (error instanceof NothingApplied) return { status: 'again', delayMs: 1000, reason: error.message }
        onError(error)
        const passing = error instanceof DomainError && error.kind === 'unavailable'
        return { status: 'again', delayMs: passing ? 1000 : 5000, reason: reasonOf(error) }
      }
    },
    sweep: async () => {
      const sql = sqlOf(database)
      const now = clock.now()
      const tooLongAgo = {
        known: new Date(now.getTime() - startAfterMs),
        foreign: new Date(now.getTime() - foreignStartAfterMs),
      }
      for (const start of await streamsToStart(sql, consumer, repairingSources, tooLongAgo)) {
        await startAt(start, start.version)
      }
      let applied = 0
      for (const stream of await streamsReady(sql, consumer, now)) applied += await sweepStream(stream)
      return applied
    },
    startAt,
    parked: createParkedEvents({ database, consumer, advancing }),
  }
}

function sort(messages: readonly EventMessage[]) {
  const identified: IdentifiedMessage[] = []
  const unidentified: { message: EventMessage; digest: string; reason: string }[] = []
  for (const message of messages) {
    try {
      identified.push(identifyMessage(message))
    } catch (error) {
      unidentified.push({ message, digest: digestOfMessage(message), reason: reasonOf(error) })
    }
  }
  return { identified, unidentified }
}
