import { sqlOf } from '../database/sql.ts'
import type { UnitOfWork } from '../log/event-store.ts'
import { type Found, unknownOf } from './find-lost.ts'
import { liftStreams } from './lift-streams.ts'
import type { Rewind } from './rewinds.ts'

/** Locks of `es.begin_append` name positions modulo 2^31; by just as much they move on. */
const positionsSkipped = 2 ** 31

/** Writes down that the database was put back, and sees to it that no number is given twice. Answers null when another
 * replica was quicker. */
export async function recordRewind(
  unit: UnitOfWork,
  { lost, heard }: Found,
  foundAt: Date,
): Promise<Rewind | null> {
  const sql = sqlOf(unit)
  // Waits for the appends under way and keeps new ones waiting: their positions would be above and below the skipped ones.
  await sql('lock table es.stream in share row exclusive mode')
  const unknown = await unknownOf(sql, lost)
  if (unknown.length === 0) return null
  const byStream = [...Map.groupBy(unknown, ({ streamId }) => streamId)]
  await sql(
    `insert into es.rewound_stream
      select * from unnest($1::text[], $2::bigint[], $3::bigint[])
      on conflict (stream_id) do update set last_heard = excluded.last_heard`,
    [
      byStream.map(([streamId]) => streamId),
      byStream.map(([, some]) => Math.min(...some.map(({ version }) => version))),
      byStream.map(([streamId]) => heard.get(streamId)),
    ],
  )
  await liftStreams(unit)
  // Whoever remembers a position from before must not take what comes now for something it has seen.
  await sql(
    `with before as (select es.last_position() as position)
      insert into es.rewind (found_at, streams, publications, position_before, position_after)
        select $1, $2, $3, position, setval('es.position_seq', position + $4::bigint) from before`,
    [foundAt.toISOString(), byStream.length, unknown.length, positionsSkipped],
  )
  return { foundAt, streams: byStream.length, publications: unknown.length }
}
