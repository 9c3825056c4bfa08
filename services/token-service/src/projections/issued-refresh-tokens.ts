import { connectionIdOf, services } from '@evergrant/event-contracts'
import { type Sql, sqlOf, type UnitOfWork } from '@evergrant/event-store'
import { endsRefreshToken } from '../domain/cause-of-death.ts'
import type { GrantFact } from '../domain/grant-facts.ts'
import type { Grant } from '../domain/grant-state.ts'
import { forgottenAfterDays, refreshTokenWarning, type Siblings } from '../domain/refresh-token-limit.ts'

/** Every refresh token that Google may still count for an account: the one a grant holds, and the ones it held before,
 * which live on at Google. A death takes the earlier ones along: whatever killed the newest killed them too. */
export async function writeIssuedRefreshTokens(
  unit: UnitOfWork,
  grant: Grant,
  fact: GrantFact,
): Promise<void> {
  const sql = sqlOf(unit)
  const { grantId } = grant
  if (fact.type === 'TokensReceived' && fact.data.refreshTokenGeneration === fact.data.generation) {
    await supersede(sql, grantId, fact.data.receivedAt)
    await add(sql, grant)
  } else if (fact.type === 'FailureReclassified') {
    await add(sql, grant)
  } else if (fact.type === 'ReauthorizationRequired' && endsRefreshToken(fact.data.reason)) {
    await forget(sql, grantId)
  } else if (fact.type === 'RevocationSettled') {
    if (fact.data.outcome === 'kept_for_others') await supersede(sql, grantId, fact.data.settledAt)
    else await forget(sql, grantId)
  }
}

async function add(sql: Sql, grant: Grant): Promise<void> {
  await sql(
    `insert into issued_refresh_token (grant_id, generation, issuer, account_id, issued_at)
     values ($1, $2, $3, $4, $5) on conflict (grant_id, generation) do nothing`,
    [grant.grantId, grant.refreshTokenGeneration, grant.issuer, grant.account.id, grant.refreshTokenSince],
  )
}

/** Nobody uses it from now on, and half a year later it is dead. */
async function supersede(sql: Sql, grantId: string, at: string): Promise<void> {
  await sql(
    'update issued_refresh_token set superseded_at = $2 where grant_id = $1 and superseded_at is null',
    [grantId, at],
  )
}

async function forget(sql: Sql, grantId: string): Promise<void> {
  await sql('delete from issued_refresh_token where grant_id = $1', [grantId])
}

const mayLive = (token: string, now: string) =>
  `(${token}.superseded_at is null or ${token}.superseded_at > ${now}::timestamptz - interval '${forgottenAfterDays} days')`

/** The other refresh tokens of the same account; none when this one is not on record. */
export async function siblingsOf(sql: Sql, grantId: string, now: Date): Promise<Siblings> {
  const [counted] = await sql<Siblings>(
    `select count(*) filter (where (o.issued_at, o.grant_id) < (t.issued_at, t.grant_id))::int as older,
            count(*) filter (where (o.issued_at, o.grant_id) > (t.issued_at, t.grant_id))::int as newer
       from issued_refresh_token t
       join issued_refresh_token o on o.issuer = t.issuer and o.account_id = t.account_id
      where t.grant_id = $1 and t.superseded_at is null and ${mayLive('o', '$2')}`,
    [grantId, now.toISOString()],
  )
  return counted ?? { older: 0, newer: 0 }
}

export interface CrowdedAccount {
  readonly accountId: string
  readonly refreshTokens: number
  /** The connections that live by the oldest of them: the next to go. */
  readonly nextToGo: readonly string[]
}

interface CrowdedRow {
  readonly account_id: string
  readonly tokens: number
  readonly grant_id: string
  readonly services: readonly string[]
}

/** Accounts that have nearly as many refresh tokens as Google keeps, or more. Reads one index from end to end. */
export async function crowdedAccounts(
  sql: Sql,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<CrowdedAccount[]> {
  const rows = await sql<CrowdedRow>(
    `with crowded as (
       select issuer, account_id, count(*)::int as tokens from issued_refresh_token t
        where ${mayLive('t', '$1')}
        group by issuer, account_id having count(*) >= ${refreshTokenWarning}
        order by tokens desc, account_id limit $2)
     select c.account_id, c.tokens, o.grant_id,
            array(select jsonb_object_keys(g.state -> 'connections')) as services
       from crowded c
      cross join lateral (
        select t.grant_id from issued_refresh_token t
         where t.issuer = c.issuer and t.account_id = c.account_id and t.superseded_at is null
         order by t.issued_at limit 1) o
       join grant_state g on g.grant_id = o.grant_id
      order by c.tokens desc, c.account_id`,
    [now.toISOString(), limit],
  )
  return rows.map((row) => ({
    accountId: row.account_id,
    refreshTokens: row.tokens,
    nextToGo: services
      .filter((service) => row.services.includes(service))
      .map((service) => connectionIdOf(row.grant_id, service)),
  }))
}
