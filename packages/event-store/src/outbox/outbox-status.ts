import type { Database } from '../database/database.ts'
import { sqlOf } from '../database/sql.ts'
import type { OutboxStatus } from './outbox.ts'

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
