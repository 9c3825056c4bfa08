import { createHash } from 'node:crypto'
import type { Database } from '../database/database.ts'
import { epochMs, type Sql, sqlOf } from '../database/sql.ts'
import { storeErrors } from '../errors.ts'
import { type Advance, drainHeld, type Tally } from '../log/advance-streams.ts'
import type { FactMetadata } from '../log/event-store.ts'
import type { ParkedEvent, ParkedEvents, SourceStream } from './inbox.ts'
import type { InboxFact, ParkedSubject } from './inbox-facts.ts'
import { type Cursor, releaseHeld } from './inbox-rows.ts'

interface ParkedContext {
  readonly database: Database
  readonly consumer: string
  readonly advancing: <T>(
    streams: readonly SourceStream[],
    work: (advance: Advance, cursors: readonly Cursor[], tally: Tally) => Promise<T>,
  ) => Promise<T>
}

interface HeldParked {
  readonly source: string | null
  readonly streamId: string | null
  readonly version: number | null
  readonly subject: string
}

/** Operators' decisions: each takes effect and is recorded in one transaction, and then releases what waited. */
export function createParkedEvents({ database, consumer, advancing }: ParkedContext): ParkedEvents {
  const decide = async <T>(
    id: string,
    metadata: FactMetadata,
    work: (advance: Advance, parked: HeldParked, cursor: Cursor | undefined, tally: Tally) => Promise<T>,
    factOf: (subject: ParkedSubject, result: T) => InboxFact,
  ): Promise<T> => {
    const seen = await parkedRow(sqlOf(database), consumer, id)
    return advancing(streamOf(seen), async (advance, [cursor], tally) => {
      // Again under the lock: another operator or a sweep may have been first.
      const parked = await parkedRow(sqlOf(advance.unit), consumer, id)
      const result = await work(advance, parked, cursor, tally)
      await advance.unit.append<InboxFact>({
        streamId: `inbox-${consumer}`,
        streamType: 'inbox',
        expectedVersion: 'any',
        facts: [factOf(parked, result)],
        metadata,
      })
      return result
    })
  }

  const tryAgain = async (advance: Advance, parked: HeldParked, cursor: Cursor | undefined, tally: Tally) => {
    if (!cursor || parked.version === null) throw storeErrors.parked_event_without_identity()
    await drainHeld(advance, cursor, tally, true)
    return { applied: cursor.version >= parked.version }
  }

  return {
    list: ({ limit, after }) => {
      const id = after !== undefined && isId(after) ? after : '0'
      return readParked(sqlOf(database), 'h.id > $2 order by h.id limit $3', [consumer, id, limit])
    },
    find: async (id) => {
      const [row] = isId(id) ? await readParked(sqlOf(database), 'h.id = $2', [consumer, id]) : []
      if (!row) throw storeErrors.parked_event_not_found()
      return row
    },
    retry: (id, metadata) =>
      decide(id, metadata, tryAgain, (subject, { applied }) => ({
        type: 'ParkedEventRetried',
        data: { ...subject, applied },
      })),
    skip: (id, { reason, metadata }) =>
      decide(
        id,
        metadata,
        async (advance, parked, cursor, tally) => {
          await sqlOf(advance.unit)('delete from inbox.held where id = $1', [id])
          if (!cursor || parked.version === null) return
          cursor.version = parked.version
          cursor.moved = true
          await drainHeld(advance, cursor, tally, true)
          await releaseHeld(sqlOf(advance.unit), consumer, cursor)
        },
        (subject) => ({ type: 'ParkedEventSkipped', data: { ...subject, why: reason } }),
      ),
    replace: (id, { payload, reason, metadata }) =>
      decide(
        id,
        metadata,
        async (advance, parked, cursor, tally) => {
          await sqlOf(advance.unit)('update inbox.held set payload = $2, attempts = 0 where id = $1', [
            id,
            Buffer.from(payload),
          ])
          return tryAgain(advance, parked, cursor, tally)
        },
        (subject, { applied }) => ({
          type: 'ParkedEventReplaced',
          data: {
            ...subject,
            why: reason,
            applied,
            payloadDigest: createHash('sha256').update(payload).digest('hex'),
          },
        }),
      ),
  }
}

function streamOf({ source, streamId }: HeldParked): SourceStream[] {
  return source === null || streamId === null ? [] : [{ source, streamId }]
}

async function parkedRow(sql: Sql, consumer: string, id: string): Promise<HeldParked> {
  if (!isId(id)) throw storeErrors.parked_event_not_found()
  const [row] = await sql<HeldParked>(
    `select source, stream_id as "streamId", version::float8, subject from inbox.held
      where id = $1 and consumer = $2 and state = 'parked'`,
    [id, consumer],
  )
  if (!row) throw storeErrors.parked_event_not_found()
  return row
}

function isId(text: string): boolean {
  return /^[0-9]{1,18}$/.test(text)
}

async function readParked(sql: Sql, which: string, values: readonly unknown[]): Promise<ParkedEvent[]> {
  const rows = await sql<Omit<ParkedEvent, 'stream' | 'firstSeenAt'> & HeldParked & { firstSeenAt: number }>(
    `select h.id::text, h.consumer, h.source, h.stream_id as "streamId", h.version::float8, h.subject, h.headers,
        h.payload, h.reason, h.attempts, ${epochMs('h.first_seen_at')} as "firstSeenAt",
        (select count(*)::integer from inbox.held b where b.consumer = h.consumer and b.source = h.source
          and b.stream_id = h.stream_id and b.version > h.version) as "waitingBehind"
      from inbox.held h
      where h.consumer = $1 and h.state = 'parked' and ${which}`,
    values,
  )
  return rows.map(({ source, streamId, version, firstSeenAt, ...row }) => ({
    ...row,
    firstSeenAt: new Date(firstSeenAt),
    stream: source === null || streamId === null || version === null ? null : { source, streamId, version },
  }))
}
