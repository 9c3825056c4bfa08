import { type Database, sqlOf } from '@evergrant/event-store'

export interface KindSeconds {
  readonly kind: string
  readonly seconds: number
}

const kept = `synced_resource r join known_connection k on k.connection_id = r.connection_id
  where r.removed_at is null and k.status = 'active'`

/** How old is the oldest copy of each kind that should be kept up to date? What was never synced yet waits in the backlog. */
export function oldestCopies(database: Database): Promise<KindSeconds[]> {
  return sqlOf(database)<KindSeconds>(
    `select r.kind, extract(epoch from now() - min(r.last_synced_at))::float8 as seconds
       from ${kept} and r.last_synced_at is not null group by r.kind`,
  )
}

/** How long do the channels of each kind live that end first? Negative when one ended and nothing took its place. */
export function soonestChannelEnds(database: Database): Promise<KindSeconds[]> {
  return sqlOf(database)<KindSeconds>(
    `select kind, extract(epoch from min(ends_at) - now())::float8 as seconds
       from (select r.resource_id, r.kind,
                    (select max(coalesce(c.expires_at, c.opened_at + interval '7 days')) from push_channel c
                      where c.resource_id = r.resource_id and c.state = 'open') as ends_at
               from ${kept}) as watched
      where ends_at is not null group by kind`,
  )
}
