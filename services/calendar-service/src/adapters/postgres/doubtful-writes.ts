import { type Database, sqlOf } from '@evergrant/event-store'
import type { DoubtfulWrites } from '../../application/ports.ts'

/** Whoever takes one has a minute for it before another replica may. */
export function createDoubtfulWrites(database: Database): DoubtfulWrites {
  return {
    take: async ({ olderThanMs, limit }) => {
      const rows = await sqlOf(database)<{ streamId: string }>(
        `update event_write set looked_at = now()
          where write_id in (
            select write_id from event_write
             where status in ('requested', 'in_doubt')
               and requested_at < now() - $1::float8 * interval '1 millisecond'
               and (looked_at is null or looked_at < now() - interval '1 minute')
             order by requested_at limit $2 for update skip locked)
        returning stream_id as "streamId"`,
        [olderThanMs, limit],
      )
      return rows.map(({ streamId }) => streamId)
    },
  }
}
