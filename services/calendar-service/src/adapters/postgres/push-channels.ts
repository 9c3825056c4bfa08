import { type Database, type Sql, sqlOf } from '@evergrant/event-store'
import type { PushChannel, PushChannels, Watched } from '../../application/ports.ts'

const columns = `c.channel_id as "channelId", c.resource_id as "resourceId", c.connection_id as "connectionId", r.kind,
  c.secret_hash as "secretHash", c.google_resource_id as "googleResourceId", c.state,
  c.last_message::float8 as "lastMessage",
  exists (select 1 from push_channel n
           where n.resource_id = c.resource_id and n.state = 'open' and n.opened_at > c.opened_at) as superseded`

// A channel without an end of its own is renewed as if it had Google's usual week.
const ends = `coalesce(c.expires_at, c.opened_at + interval '7 days')`
const lives = `(c.state = 'open' and ${ends} > now() + $1::float8 * interval '1 millisecond')`
// Until Google was heard on an open channel nobody knows that it can reach us.
const isHeard = `(c.state = 'open' and c.last_message_at is not null)`
/** Notes in synced_resource what the channels in `heard` (resource_id, ends) promise; with the first message of a channel
 * only, so that news never waits for a sync that holds the row. */
const noteWatched = `
  update synced_resource r set watched_until = heard.ends from heard
   where r.resource_id = heard.resource_id and (r.watched_until is null or r.watched_until < heard.ends)`
// A process that died while it opened one leaves at most that one: the next try waits until it surely has.
const rests = `(c.state = 'opening' and c.began_at > now() - interval '2 minutes'
  or c.state = 'failed' and c.began_at > now() - interval '5 minutes'
  or c.state = 'refused' and c.began_at > now() - interval '1 day')`

export function createPushChannels(database: Database): PushChannels {
  const sql = sqlOf(database)
  return {
    begin: async (unit, { kind, renewBeforeMs, limit, newChannel }) => {
      const inside = sqlOf(unit)
      const due = await inside<Watched>(
        `select r.resource_id as "resourceId", r.connection_id as "connectionId", r.kind, r.google_id as "googleId"
           from synced_resource r join known_connection k on k.connection_id = r.connection_id
          where r.kind = $3 and r.removed_at is null and k.status = 'active'
            and r.last_synced_at is not null
            and not exists (select 1 from push_channel c where c.resource_id = r.resource_id and (${lives} or ${rests}))
          order by r.resource_id limit $2 for update of r skip locked`,
        [renewBeforeMs, limit, kind],
      )
      const begun = due.map((what) => ({ ...what, ...newChannel() }))
      for (const { channelId, resourceId, connectionId, secretHash } of begun) {
        await inside(
          `insert into push_channel (channel_id, resource_id, connection_id, secret_hash, state, began_at)
           values ($1, $2, $3, $4, 'opening', now())`,
          [channelId, resourceId, connectionId, secretHash],
        )
      }
      return begun
    },
    opened: async (channelId, { googleResourceId, expiresAt }) => {
      await sql(
        `with opened as (
           update push_channel c set state = 'open', google_resource_id = $2, expires_at = $3, opened_at = now()
            where c.channel_id = $1 returning c.*),
         heard as (select c.resource_id, ${ends} as ends from opened c where ${isHeard})
         ${noteWatched}`,
        [channelId, googleResourceId, expiresAt?.toISOString() ?? null],
      )
    },
    notOpened: async (channelId, state) => {
      await sql('update push_channel set state = $2 where channel_id = $1', [channelId, state])
    },
    unneeded: (limit) =>
      sql<PushChannel>(
        `select ${columns} from push_channel c
           join synced_resource r on r.resource_id = c.resource_id
           join known_connection k on k.connection_id = c.connection_id
          where c.state = 'open'
            and (r.removed_at is not null or k.status = 'paused' and k.reason = 'disconnected'
                 or exists (select 1 from push_channel n where n.resource_id = c.resource_id
                               and n.state = 'open' and n.opened_at > c.opened_at))
          order by c.opened_at limit $1`,
        [limit],
      ),
    closed: async (channelId) => {
      await sql(
        `with closed as (update push_channel set state = 'closed' where channel_id = $1 returning resource_id)
         update synced_resource r
            set watched_until = (select max(${ends}) from push_channel c
                                  where c.resource_id = r.resource_id and c.channel_id <> $1 and ${isHeard})
           from closed where r.resource_id = closed.resource_id`,
        [channelId],
      )
    },
    forgetOld: async () => {
      await sql(
        `delete from push_channel c where c.state in ('opening', 'closed', 'refused', 'failed')
            and c.began_at < now() - interval '30 days'
            or c.state = 'open' and c.expires_at < now() - interval '1 day'`,
      )
    },
    lock: (unit, channelId) => lock(sqlOf(unit), channelId),
    noteMailbox: (unit, { emailAddress, historyId }) =>
      sqlOf(unit)(
        `with mine as (
           select c.channel_id, c.connection_id, c.resource_id, c.last_message < $2::bigint as news
             from known_connection k
             join push_channel c on c.connection_id = k.connection_id and c.state in ('opening', 'open')
            where lower(k.account_email) = lower($1) and k.service = 'gmail'
            order by c.channel_id for update of c),
         noted as (
           update push_channel c set last_message = greatest(c.last_message, $2::bigint), last_message_at = now()
             from mine where c.channel_id = mine.channel_id returning c.*),
         heard as (select c.resource_id, max(${ends}) as ends from noted c where ${isHeard} group by c.resource_id),
         watched as (${noteWatched})
         select connection_id as "connectionId", bool_and(news) as "isNews",
                exists (select 1 from resource_run r where r.resource_id = mine.resource_id and r.state = 'queued') as waits
           from mine group by connection_id, resource_id`,
        [emailAddress, historyId],
      ),
    noteMessage: async (unit, { channelId, messageNumber, asked }) => {
      const inside = sqlOf(unit)
      await inside(
        `with noted as (
           update push_channel c set last_message = greatest(c.last_message, $2), last_message_at = now()
            where c.channel_id = $1 returning c.*),
         heard as (select c.resource_id, ${ends} as ends from noted c where ${isHeard})
         ${noteWatched}`,
        [channelId, messageNumber],
      )
      const waiting = await inside(
        `select 1 from resource_run where resource_id = $1 and state = 'queued' limit 1`,
        [asked],
      )
      return waiting.length > 0
    },
  }
}

async function lock(sql: Sql, channelId: string): Promise<PushChannel | null> {
  const rows = await sql<PushChannel>(
    `select ${columns} from push_channel c join synced_resource r on r.resource_id = c.resource_id
      where c.channel_id = $1 for update of c`,
    [channelId],
  )
  return rows[0] ?? null
}
