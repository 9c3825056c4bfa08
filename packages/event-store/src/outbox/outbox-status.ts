import type { Database } from '../database/database.ts'
import { epochMs, sqlOf } from '../database/sql.ts'
import { storeErrors } from '../errors.ts'
import type { OutboxStatus, ParkedMessage } from './outbox.ts'

/** What waits to go out. Cheap whatever the backlog: it counts no further than 10 000. */
export async function outboxStatus(where: { readonly database: Database }): Promise<OutboxStatus> {
  const [row] = await sqlOf(where.database)<OutboxStatus>(
    `select
      (select count(*)::integer from
        (select from es.outbox where published_at is null limit 10000) counted) as unpublished,
      (select count(*)::integer from es.outbox
        where published_at is null and attempts > 0 and parked_at is not null) as parked,
      (select greatest(0, coalesce(max(extract(epoch from clock_timestamp() - oldest.since)), 0))::float8
        from generate_series(0, 63) as s(shard) cross join lateral (
          select coalesce(o.repaired_at, o.recorded_at) as since from es.outbox o
            where o.shard = s.shard and o.published_at is null and o.parked_at is null order by o.id limit 1
        ) oldest) as "oldestUnpublishedSeconds"`,
  )
  return row ?? { unpublished: 0, parked: 0, oldestUnpublishedSeconds: 0 }
}

/** What can never be published as it is. */
export async function parkedMessages(where: {
  readonly database: Database
  readonly limit: number
}): Promise<readonly ParkedMessage[]> {
  const rows = await sqlOf(where.database)<Omit<ParkedMessage, 'parkedAt'> & { parkedAt: number }>(
    `select headers->>'ce-source' as source, stream_id as "streamId", version::float8, subject,
        last_error as reason, ${epochMs('parked_at')} as "parkedAt"
      from es.outbox where published_at is null and attempts > 0 and parked_at is not null
      order by id limit $1`,
    [where.limit],
  )
  return rows.map((row) => ({ ...row, parkedAt: new Date(row.parkedAt) }))
}

/** Lets a parked row try again, once the reason is gone (a larger `max_payload`, say); wake the relay afterwards.
 * @throws DomainError `parked_message_not_found`. */
export async function releaseParkedMessage(where: {
  readonly database: Database
  readonly streamId: string
  readonly version: number
}): Promise<void> {
  const released = await sqlOf(where.database)(
    `update es.outbox set parked_at = null, attempts = 0, next_attempt_at = null
      where stream_id = $1 and version = $2 and published_at is null and parked_at is not null returning id`,
    [where.streamId, where.version],
  )
  if (released.length === 0) throw storeErrors.parked_message_not_found()
}
