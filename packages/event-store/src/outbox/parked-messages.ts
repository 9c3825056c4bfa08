import { createHash } from 'node:crypto'
import { type EventDropped, type EventMessage, encodeEvent, publication } from '@evergrant/event-contracts'
import type { Database } from '../database/database.ts'
import { epochMs, type Sql, sqlOf } from '../database/sql.ts'
import { storeErrors } from '../errors.ts'
import type { EventStore, FactMetadata, UnitOfWork } from '../log/event-store.ts'
import { reasonCode } from '../reason-code.ts'
import type { ParkedMessage, ParkedMessages } from './outbox.ts'
import type { OutboxFact, ParkedPublication } from './outbox-facts.ts'

export interface ParkedMessagesOptions {
  readonly database: Database
  readonly store: EventStore
  /** The publishing service. */
  readonly source: string
  /** What it says in place of a dropped event. */
  readonly eventDropped: EventDropped
  /** A row may go out: wake the relay. Must not throw. */
  readonly onReleased: () => void
}

/** Operators' decisions about what cannot be published: each takes effect and is recorded in one transaction. */
export function createParkedMessages(options: ParkedMessagesOptions): ParkedMessages {
  const { database, store, source, eventDropped, onReleased } = options

  const decide = async (
    id: string,
    metadata: FactMetadata,
    work: (unit: UnitOfWork, parked: ParkedMessage) => Promise<OutboxFact>,
  ) => {
    await store.transaction(async (unit) => {
      const parked = await lockedRow(sqlOf(unit), id)
      const fact = await work(unit, parked)
      await unit.append<OutboxFact>({
        streamId: `outbox-${source}`,
        streamType: 'outbox',
        expectedVersion: 'any',
        facts: [fact],
        metadata,
      })
    })
    onReleased()
  }

  /** Small, and of a subject that is always ours: what keeps an event from the bus cannot keep this one. */
  const inPlaceOf = (
    { streamId, version, headers, reason, recordedAt }: ParkedMessage,
    metadata: FactMetadata,
  ): EventMessage => {
    const { correlationId, traceparent } = metadata
    const data = { type: headers['ce-type'] ?? '', reason: reasonCode(reason) }
    // The time stays: by it a number that two events were given is told from one that changed its content (rewinds).
    const time = headers['ce-time'] ?? recordedAt.toISOString()
    return encodeEvent(publication(eventDropped, data), {
      ...{ source, streamId, version, time, correlationId },
      ...(traceparent === undefined ? {} : { traceparent }),
    })
  }

  return {
    list: ({ limit, after }) =>
      readRows(sqlOf(database), 'o.id > $1 order by o.id limit $2', [idOr(after, '0'), limit]),
    find: async (id) => {
      const [row] = await readRows(sqlOf(database), 'o.id = $1', [idOr(id, '0')])
      if (!row) throw storeErrors.parked_message_not_found()
      return row
    },
    retry: (id, metadata) =>
      decide(id, metadata, async (unit, parked) => {
        await release(sqlOf(unit), id)
        return { type: 'ParkedMessageRetried', data: subjectOf(parked) }
      }),
    standing: async (id) => {
      const [row] = await sqlOf(database)<{ published: boolean; parked: boolean }>(
        `select published_at is not null as published, parked_at is not null as parked from es.outbox where id = $1`,
        [idOr(id, '0')],
      )
      // What was published long ago is forgotten one day.
      if (!row || row.published) return 'published'
      return row.parked ? 'parked' : 'waiting'
    },
    drop: (id, { reason, metadata }) =>
      decide(id, metadata, async (unit, parked) => {
        const { subject, headers, payload } = inPlaceOf(parked, metadata)
        await sqlOf(unit)('update es.outbox set subject = $2, headers = $3, payload = $4 where id = $1', [
          id,
          subject,
          JSON.stringify(headers),
          Buffer.from(payload),
        ])
        await release(sqlOf(unit), id)
        const payloadDigest = createHash('sha256').update(parked.payload).digest('hex')
        return { type: 'ParkedMessageDropped', data: { ...subjectOf(parked), why: reason, payloadDigest } }
      }),
  }
}

async function release(sql: Sql, id: string): Promise<void> {
  await sql('update es.outbox set parked_at = null, attempts = 0, next_attempt_at = null where id = $1', [id])
}

/** Another operator may have been first: under the row's lock it is still parked, or there is nothing to decide. */
async function lockedRow(sql: Sql, id: string): Promise<ParkedMessage> {
  const [row] = await readRows(sql, 'o.id = $1 for update of o', [idOr(id, '0')])
  if (!row) throw storeErrors.parked_message_not_found()
  return row
}

async function readRows(sql: Sql, which: string, values: readonly unknown[]): Promise<ParkedMessage[]> {
  const rows = await sql<
    Omit<ParkedMessage, 'recordedAt' | 'parkedAt'> & { recordedAt: number; parkedAt: number }
  >(
    `select o.id::text, headers->>'ce-source' as source, stream_id as "streamId", version::float8, subject, headers,
        payload, last_error as reason, attempts, ${epochMs('recorded_at')} as "recordedAt",
        ${epochMs('parked_at')} as "parkedAt",
        (select count(*)::integer from es.outbox b where b.stream_id = o.stream_id and b.version > o.version
          and b.published_at is null) as "waitingBehind"
      from es.outbox o
      where published_at is null and attempts > 0 and parked_at is not null and ${which}`,
    values,
  )
  return rows.map((row) => ({
    ...row,
    recordedAt: new Date(row.recordedAt),
    parkedAt: new Date(row.parkedAt),
  }))
}

function subjectOf({ source, streamId, version, subject }: ParkedMessage): ParkedPublication {
  return { source, streamId, version, subject }
}

function idOr(id: string | undefined, otherwise: string): string {
  return id !== undefined && /^[0-9]{1,18}$/.test(id) ? id : otherwise
}
