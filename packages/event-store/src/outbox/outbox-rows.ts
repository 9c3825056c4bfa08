import type { Sql } from '../database/sql.ts'
import type { OutgoingMessage, PublishOutcome } from './outbox.ts'

export interface OutboxRow extends OutgoingMessage {
  readonly id: number
  readonly attempts: number
}

/** How many rows of one shard a batch takes at most. */
export function perShard(batchSize: number): number {
  return Math.ceil(batchSize / 8)
}

/** The next rows of an owner's shards: in order within a stream, and none of a stream that is parked, waits for its next
 * attempt or still has numbers that are taken. A bounded look into each shard, so that a long backlog is never sorted. */
export async function nextRows(sql: Sql, owner: string, batchSize: number): Promise<OutboxRow[]> {
  const rows = await sql<Omit<OutboxRow, 'source'>>(
    `select o.* from es.relay_shard s cross join lateral (
        select id::float8, stream_id as "streamId", version::float8, subject, headers, payload, repair, attempts
          from es.outbox o
          where o.shard = s.shard and o.id >= s.low_id and o.published_at is null
            and o.stream_id not in (
              select stream_id from es.outbox
                where published_at is null and attempts > 0
                  and (parked_at is not null or next_attempt_at > clock_timestamp()))
            and not exists (select from es.rewound_stream r where r.stream_id = o.stream_id)
          order by o.id limit $3
      ) o
      where s.owner = $1 and s.expires_at > clock_timestamp()
      order by o.id limit $2`,
    [owner, batchSize, perShard(batchSize)],
  )
  return rows.map((row) => ({ ...row, source: row.headers['ce-source'] ?? '' }))
}

/** Writes down what became of each row. A row that was put back for repair meanwhile stays unpublished. */
export async function markRows(
  sql: Sql,
  marks: readonly { readonly row: OutboxRow; readonly outcome: PublishOutcome; readonly delayMs: number }[],
): Promise<void> {
  await sql(
    `update es.outbox o set
        published_at = case m.status when 'published' then clock_timestamp() end,
        sequence = m.sequence,
        attempts = case m.status when 'published' then 0 else o.attempts + 1 end,
        parked_at = case m.status when 'park' then clock_timestamp() end,
        next_attempt_at = clock_timestamp() + make_interval(secs => m.delay_ms / 1000.0),
        last_error = m.reason
      from unnest($1::bigint[], $2::integer[], $3::text[], $4::bigint[], $5::text[], $6::float8[])
        as m(id, repair, status, sequence, reason, delay_ms)
      where o.id = m.id and o.repair = m.repair and o.published_at is null`,
    [
      marks.map(({ row }) => row.id),
      marks.map(({ row }) => row.repair),
      marks.map(({ outcome }) => outcome.status),
      marks.map(({ outcome }) => (outcome.status === 'published' ? outcome.sequence : null)),
      marks.map(({ outcome }) => (outcome.status === 'published' ? null : outcome.reason)),
      marks.map(({ outcome, delayMs }) => (outcome.status === 'retry' ? delayMs : null)),
    ],
  )
}
