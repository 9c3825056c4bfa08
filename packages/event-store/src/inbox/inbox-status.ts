import type { Clock } from '@evergrant/decider'
import type { Database } from '../database/database.ts'
import { sqlOf } from '../database/sql.ts'
import type { InboxStatus } from './inbox.ts'

/** What waits to be applied by one consumer. */
export async function inboxStatus(where: {
  readonly database: Database
  readonly consumer: string
  readonly clock: Clock
}): Promise<InboxStatus> {
  const { database, consumer, clock } = where
  const [row] = await sqlOf(database)<Omit<InboxStatus, 'consumer'>>(
    `select
        (count(*) filter (where state = 'parked'))::integer as parked,
        (count(distinct (source, stream_id)) filter (where state <> 'waiting' and source is not null))::integer
          as "blockedStreams",
        (count(*) filter (where state = 'waiting'))::integer as waiting,
        (count(*) filter (where state = 'retrying'))::integer as retrying,
        greatest(0, coalesce(extract(epoch from $2::timestamptz - min(first_seen_at)
          filter (where state <> 'parked')), 0))::float8 as "oldestHeldSeconds"
      from inbox.held where consumer = $1`,
    [consumer, clock.now().toISOString()],
  )
  return {
    consumer,
    ...(row ?? { parked: 0, blockedStreams: 0, waiting: 0, retrying: 0, oldestHeldSeconds: 0 }),
  }
}
