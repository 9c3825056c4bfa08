import type { EventMessage } from '@evergrant/event-contracts'
import type { Sql } from '../database/sql.ts'
import type { IdentifiedMessage } from './identify-message.ts'
import type { SourceStream } from './inbox.ts'

/** How far a consumer is in one stream, while its cursor row is locked. */
export interface Cursor extends SourceStream {
  version: number
  /** The lowest version that is held; null when nothing is. */
  firstHeld: number | null
  /** The next version is held because it failed: nothing of this stream moves. */
  blocked: boolean
  moved: boolean
}

export type HeldState = 'waiting' | 'retrying' | 'parked'

export interface Holding {
  readonly state: HeldState
  readonly reason: string | null
  readonly attempts: number
  readonly nextAttemptAt: Date | null
}

export interface HeldRow extends IdentifiedMessage {
  readonly id: string
  readonly attempts: number
  readonly state: HeldState
}

/** Locks the cursors, making missing ones; in one order everywhere, so that replicas cannot deadlock. */
export async function lockCursors(
  sql: Sql,
  consumer: string,
  streams: readonly SourceStream[],
  now: Date,
): Promise<Cursor[]> {
  const keys = new Map(
    streams.map(({ source, streamId }) => [JSON.stringify([source, streamId]), [source, streamId]]),
  )
  const sorted = [...keys.keys()].sort().map((key) => keys.get(key) ?? [])
  const sources = sorted.map(([source]) => source)
  const ids = sorted.map(([, id]) => id)
  await sql(
    `insert into inbox.cursor select $1, k.source, k.id, 0, $4 from unnest($2::text[], $3::text[]) as k(source, id)
      on conflict do nothing`,
    [consumer, sources, ids, now.toISOString()],
  )
  const locked = await sql<{ source: string; streamId: string; version: number }>(
    `select c.source, c.stream_id as "streamId", c.version::float8
      from inbox.cursor c join unnest($2::text[], $3::text[]) as k(source, id) on c.source = k.source and c.stream_id = k.id
      where c.consumer = $1 order by c.source, c.stream_id for update of c`,
    [consumer, sources, ids],
  )
  // Only now: what another transaction held before it let go of the lock has to be seen.
  const held = await sql<{ source: string; streamId: string; version: number; state: HeldState }>(
    `select k.source, k.id as "streamId", h.version::float8, h.state
      from unnest($2::text[], $3::text[]) as k(source, id) cross join lateral (
        select version, state from inbox.held h
          where h.consumer = $1 and h.source = k.source and h.stream_id = k.id order by h.version limit 1) h`,
    [consumer, sources, ids],
  )
  return locked.map((cursor) => {
    const first = held.find(
      ({ source, streamId }) => source === cursor.source && streamId === cursor.streamId,
    )
    const blocked = first !== undefined && first.version === cursor.version + 1 && first.state !== 'waiting'
    return { ...cursor, firstHeld: first?.version ?? null, blocked, moved: false }
  })
}

export async function saveCursors(
  sql: Sql,
  consumer: string,
  cursors: readonly Cursor[],
  now: Date,
): Promise<void> {
  const moved = cursors.filter((cursor) => cursor.moved)
  if (moved.length === 0) return
  await sql(
    `update inbox.cursor c set version = m.version, updated_at = $5
      from unnest($2::text[], $3::text[], $4::bigint[]) as m(source, id, version)
      where c.consumer = $1 and c.source = m.source and c.stream_id = m.id`,
    [
      consumer,
      moved.map(({ source }) => source),
      moved.map(({ streamId }) => streamId),
      moved.map(({ version }) => version),
      now.toISOString(),
    ],
  )
}

/** Keeps messages until they can be applied; one that is held already stays as it is. */
export async function holdMessages(
  sql: Sql,
  consumer: string,
  held: readonly (IdentifiedMessage & Holding)[],
  now: Date,
): Promise<void> {
  if (held.length === 0) return
  const frozenMessages = held.map(({ message }) => frozen(message))
  await sql(
    `insert into inbox.held (consumer, source, stream_id, version, subject, headers, payload, state, reason,
        attempts, next_attempt_at, first_seen_at)
      select $1, h.*, $2
        from unnest($3::text[], $4::text[], $5::bigint[], $6::text[], $7::jsonb[], $8::bytea[], $9::text[],
          $10::text[], $11::integer[], $12::timestamptz[]) as h
      on conflict do nothing`,
    [
      consumer,
      now.toISOString(),
      held.map(({ source }) => source),
      held.map(({ streamId }) => streamId),
      held.map(({ version }) => version),
      frozenMessages.map(([subject]) => subject),
      frozenMessages.map(([, headers]) => headers),
      frozenMessages.map(([, , payload]) => payload),
      held.map(({ state }) => state),
      held.map(({ reason }) => reason),
      held.map(({ attempts }) => attempts),
      held.map(({ nextAttemptAt }) => nextAttemptAt?.toISOString() ?? null),
    ],
  )
}

/** Keeps a message that belongs to no stream, as it came. */
export async function parkUnidentified(
  sql: Sql,
  consumer: string,
  parked: { readonly message: EventMessage; readonly digest: string; readonly reason: string },
  now: Date,
): Promise<void> {
  await sql(
    `insert into inbox.held (consumer, digest, subject, headers, payload, state, reason, attempts, first_seen_at)
      values ($1, $2, $3, $4, $5, 'parked', $6, 1, $7) on conflict do nothing`,
    [consumer, parked.digest, ...frozen(parked.message), parked.reason, now.toISOString()],
  )
}

// PostgreSQL keeps neither NUL nor half a surrogate pair: one such header must not stop a whole batch.
function frozen({ subject, headers, payload }: EventMessage): [string, string, Buffer] {
  const clean = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd')
  const entries = Object.entries(headers).map(([name, value]) => [clean(name), clean(value)])
  return [clean(subject), JSON.stringify(Object.fromEntries(entries)), Buffer.from(payload)]
}

/** The held events next in line, as far as they are dense. */
export async function heldNext(
  sql: Sql,
  consumer: string,
  { source, streamId, version }: Cursor,
  limit: number,
): Promise<HeldRow[]> {
  const rows = await sql<Omit<HeldRow, 'message'> & EventMessage>(
    `select id::text, source, stream_id as "streamId", version::float8, subject, headers, payload, attempts, state
      from inbox.held
      where consumer = $1 and source = $2 and stream_id = $3 and version > $4 and version <= $4 + $5::integer
      order by version`,
    [consumer, source, streamId, version, limit],
  )
  const dense = rows.findIndex((row, index) => row.version !== version + 1 + index)
  return (dense < 0 ? rows : rows.slice(0, dense)).map(({ subject, headers, payload, ...row }) => ({
    ...row,
    message: { subject, headers, payload },
  }))
}

export async function changeHolding(sql: Sql, id: string, holding: Holding): Promise<void> {
  await sql(
    'update inbox.held set state = $2, reason = $3, attempts = $4, next_attempt_at = $5 where id = $1',
    [id, holding.state, holding.reason, holding.attempts, holding.nextAttemptAt?.toISOString() ?? null],
  )
}

/** Drops what the cursor has passed. */
export async function releaseHeld(sql: Sql, consumer: string, cursor: Cursor): Promise<void> {
  await sql(
    'delete from inbox.held where consumer = $1 and source = $2 and stream_id = $3 and version <= $4',
    [consumer, cursor.source, cursor.streamId, cursor.version],
  )
}
