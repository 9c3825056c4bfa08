import type { Clock } from '@evergrant/decider'
import type { Database } from './database/database.ts'
import { sqlOf } from './database/sql.ts'
import type { SourceStream } from './inbox/inbox.ts'

/** Publications a consumer knows to be missing: ask their publisher for `from`..`to`, both inclusive. */
export interface Gap extends SourceStream {
  readonly from: number
  readonly to: number
}

/** The newest publication of every stream that changed lately. What a consumer does not know of by then was lost. */
export interface Digest {
  readonly source: string
  readonly streams: readonly (readonly [streamId: string, version: number])[]
}

interface ConsumerSide {
  readonly database: Database
  /** The consuming service. */
  readonly consumer: string
}

// Asking is cheap and asked again: a bounded answer keeps one message on the bus small.
const defaultLimit = 500

/** Gaps with something held behind them for longer than `olderThanMs`, the oldest first. */
export async function gapsToRepair(
  where: ConsumerSide & { readonly clock: Clock; readonly olderThanMs: number; readonly limit?: number },
): Promise<readonly Gap[]> {
  const { consumer, olderThanMs, limit = defaultLimit } = where
  const seenBefore = new Date(where.clock.now().getTime() - olderThanMs).toISOString()
  return sqlOf(where.database)<Gap>(
    `select source, stream_id as "streamId", (previous + 1)::float8 as "from", (version - 1)::float8 as "to"
      from (
        select h.source, h.stream_id, h.version, h.first_seen_at,
            coalesce(lag(h.version) over (partition by h.source, h.stream_id order by h.version), c.version) as previous
          from inbox.held h
          join inbox.cursor c using (consumer, source, stream_id)
          where h.consumer = $1
      ) held
      where version > previous + 1 and first_seen_at <= $2
      order by first_seen_at limit $3`,
    [consumer, seenBefore, limit],
  )
}

/** The newest publication that has gone out of every stream that changed since then, the newest changes first; what
 * still waits in the outbox is no loss. */
export async function digestOf(where: {
  readonly database: Database
  readonly source: string
  readonly since: Date
  readonly limit?: number
}): Promise<Digest> {
  const { source, since, limit = defaultLimit } = where
  const rows = await sqlOf(where.database)<{ stream_id: string; version: number }>(
    `select s.stream_id, o.version::float8
      from es.stream s
      cross join lateral (
        select version from es.outbox
          where stream_id = s.stream_id and published_at is not null order by version desc limit 1
      ) o
      where s.updated_at >= $1 and s.published_version > 0 order by s.updated_at desc limit $2`,
    [since.toISOString(), limit],
  )
  return { source, streams: rows.map((row) => [row.stream_id, row.version]) }
}

/** What a digest knows and this consumer has neither applied nor held: the tail nothing follows, so no gap shows it. */
export async function compareDigest(
  where: ConsumerSide & { readonly digest: Digest },
): Promise<readonly Gap[]> {
  const { consumer, digest } = where
  return sqlOf(where.database)<Gap>(
    `select $2 as source, d.stream_id as "streamId", (known.version + 1)::float8 as "from", d.version::float8 as "to"
      from unnest($3::text[], $4::bigint[]) as d(stream_id, version)
      cross join lateral (
        select greatest(
          coalesce((select version from inbox.cursor
            where consumer = $1 and source = $2 and stream_id = d.stream_id), 0),
          coalesce((select max(version) from inbox.held
            where consumer = $1 and source = $2 and stream_id = d.stream_id), 0)) as version
      ) known
      where d.version > known.version`,
    [
      consumer,
      digest.source,
      digest.streams.map(([streamId]) => streamId),
      digest.streams.map(([, version]) => version),
    ],
  )
}

/** Marks publications to go out again, the same bytes under a new message id (`~r<n>`); wake the relay afterwards.
 * `firstAvailable` is the first version from `from` on that still exists; null when none does. Rows that were put
 * back within `notAgainWithinMs` (default 5 000), or are still on their way, are left alone, so that many askers
 * cause one repair. */
export async function republish(where: {
  readonly database: Database
  readonly streamId: string
  readonly from: number
  readonly to: number
  readonly notAgainWithinMs?: number
}): Promise<{ readonly firstAvailable: number | null; readonly republished: number }> {
  const { streamId, from, to, notAgainWithinMs = 5000 } = where
  const [row] = await sqlOf(where.database)<{ firstAvailable: number | null; republished: number }>(
    'select first_available::float8 as "firstAvailable", republished from es.republish($1, $2, $3, $4)',
    [streamId, from, to, notAgainWithinMs],
  )
  return row ?? { firstAvailable: null, republished: 0 }
}
