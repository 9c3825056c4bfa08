import { sqlOf } from '../database/sql.ts'
import type { UnitOfWork } from '../log/event-store.ts'

interface Rewound {
  readonly streamId: string
  readonly firstLost: number
  readonly lastHeard: number
}

/** Gives what was said since the database was put back numbers above those that were heard before: a consumer takes each
 * number once, and would drop the second for a copy. Answers how many streams were lifted. */
export async function liftStreams(unit: UnitOfWork): Promise<number> {
  const sql = sqlOf(unit)
  // The row lock first: an append under way has its number and not yet its row in the outbox.
  const rewound = await sql<Rewound>(
    `select stream_id as "streamId", r.first_lost::float8 as "firstLost", r.last_heard::float8 as "lastHeard"
      from es.rewound_stream r join es.stream s using (stream_id) for update of s`,
  )
  if (rewound.length === 0) return 0
  const ids = rewound.map(({ streamId }) => streamId)
  const lost = [
    ids,
    rewound.map(({ firstLost }) => firstLost),
    rewound.map(({ lastHeard }) => lastHeard),
  ] as const
  const each = 'unnest($1::text[], $2::bigint[], $3::bigint[]) as r(stream_id, first_lost, last_heard)'
  // By way of negative numbers, or a number would be given while it is still taken.
  await sql(
    `update es.outbox o set version = -(o.version + r.last_heard - r.first_lost + 1)
      from ${each} where o.stream_id = r.stream_id and o.version >= r.first_lost`,
    lost,
  )
  // Another repair count: a relay that publishes one of them at this moment must not mark it published.
  await sql(
    `update es.outbox set version = -version, repair = repair + 1, published_at = null, sequence = null,
        headers = headers || jsonb_build_object('ce-id', stream_id || '@' || -version)
      where stream_id = any($1::text[]) and version < 0`,
    [ids],
  )
  await sql(
    `update es.stream s set published_version = case when s.published_version < r.first_lost then r.last_heard
          else s.published_version + r.last_heard - r.first_lost + 1 end
      from ${each} where s.stream_id = r.stream_id`,
    lost,
  )
  await sql(
    `update es.relay_shard s set low_id = least(s.low_id, o.lowest), low_epoch = s.low_epoch + 1
      from (select shard, min(id) as lowest from es.outbox
        where stream_id = any($1::text[]) and published_at is null group by shard) o
      where o.shard = s.shard`,
    [ids],
  )
  await sql('delete from es.rewound_stream where stream_id = any($1::text[])', [ids])
  return rewound.length
}
