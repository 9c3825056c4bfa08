import { type Service, services } from '@evergrant/event-contracts'
import { type Database, epochMs, readTogether, sqlOf } from '@evergrant/event-store'
import type { Grant } from '../domain/grant-state.ts'
import { grantShape } from './grant-snapshots.ts'
import { namingDrift } from './schema-drift.ts'

interface StateRow {
  readonly state: string
}

interface SnapshotRow extends StateRow {
  readonly grant_id: string
  readonly version: number | null
}

interface CardRow extends StateRow {
  readonly service: string
  readonly last_used_at: number | null
}

const tokenColumns = `t.service, t.user_id, t.access_token, t.refresh_token, t.token_expiry, t.scope,
  t.service_user_id, t.service_email, t.created_at, t.updated_at`

const byIdText = `
  select g.grant_id, g.state::text as state, case when g.shape = $2 then g.version::float8 end as version
    from grant_state g left join (select ${tokenColumns} from user_oauth_tokens t) t on false
   where g.grant_id = any($1::uuid[])`

/** What is known about grants and their connections. */
export function grantQueries(database: Database) {
  const sql = sqlOf(database)
  const rowOf = readTogether(async (grantIds) => {
    const rows = await namingDrift(() => sql<SnapshotRow>(byIdText, [grantIds, grantShape]))
    return new Map(rows.map((row) => [row.grant_id, row]))
  })
  return {
    /** The token query. It reads what people know as the token table, so a column missing there is seen here and
     * takes away tokens, and nothing else. */
    async ofConnection(connectionId: string) {
      const [row] = await namingDrift(() =>
        sql<CardRow>(
          `select g.state::text as state, ${tokenColumns}, ${epochMs('u.last_used_at')} as last_used_at
             from user_oauth_tokens t
             join connection_status c on c.id = t.id
             join grant_state g on g.grant_id = c.grant_id
             left join connection_use u on u.connection_id = t.id
            where t.id = $1`,
          [connectionId],
        ),
      )
      return row === undefined ? undefined : cardOf(row)
    },
    /** For those who look at a connection without wanting its token. */
    async find(connectionId: string) {
      const [row] = await sql<CardRow>(
        `select g.state::text as state, c.service, ${epochMs('u.last_used_at')} as last_used_at
           from connection_status c
           join grant_state g on g.grant_id = c.grant_id
           left join connection_use u on u.connection_id = c.id
          where c.id = $1`,
        [connectionId],
      )
      return row === undefined ? undefined : cardOf(row)
    },
    /** It names the columns of the token table, of which it needs none: what is missing there is seen before Google is
     * asked for tokens that could not be kept. */
    async byId(grantId: string) {
      const row = await rowOf(grantId)
      return row === undefined ? undefined : { grant: JSON.parse(row.state) as Grant, version: row.version }
    },
    async accountIsSharedWithOthers({ issuer, account, grantId }: Grant): Promise<boolean> {
      const rows = await sql(
        `select 1 from grant_state
          where issuer = $1 and account_id = $2 and status = 'live' and grant_id <> $3 limit 1`,
        [issuer, account.id, grantId],
      )
      return rows.length > 0
    },
    /** The live grants of one Google account, whoever's they are. */
    async ofAccount(issuer: string, accountId: string): Promise<string[]> {
      const rows = await sql<{ grant_id: string }>(
        "select grant_id from grant_state where issuer = $1 and account_id = $2 and status = 'live'",
        [issuer, accountId],
      )
      return rows.map(({ grant_id }) => grant_id)
    },
    /** Connections of a user by id, at most `limit`, after `after`. */
    async ofUser(userId: string, page: { readonly after: string | null; readonly limit: number }) {
      const rows = await sql<CardRow>(
        `select g.state::text as state, c.service, ${epochMs('u.last_used_at')} as last_used_at
           from connection_status c
           join grant_state g on g.grant_id = c.grant_id
           left join connection_use u on u.connection_id = c.id
          where c.user_id = $1 and ($2::uuid is null or c.id > $2::uuid)
          order by c.id limit $3`,
        [userId, page.after, page.limit],
      )
      return rows.map(cardOf)
    },
  }
}

export type GrantQueries = ReturnType<typeof grantQueries>

function cardOf(row: CardRow) {
  return {
    grant: JSON.parse(row.state) as Grant,
    service: serviceOf(row.service),
    lastUsedAt: row.last_used_at === null ? null : new Date(row.last_used_at).toISOString(),
  }
}

function serviceOf(word: string): Service {
  const service = services.find((known) => known === word)
  if (!service) throw new TypeError('connection_status holds a service nobody knows')
  return service
}
