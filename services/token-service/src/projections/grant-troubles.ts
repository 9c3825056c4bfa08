import { connectionIdOf, services } from '@evergrant/event-contracts'
import { epochMs, type Sql, sqlOf, type UnitOfWork } from '@evergrant/event-store'
import type { LivingGrant, Trouble } from '../domain/cohort.ts'
import { failuresOf } from '../domain/evolve-grant.ts'
import { gmailScopePattern, readsGmail } from '../domain/gmail-scopes.ts'
import type { GrantFact } from '../domain/grant-facts.ts'
import type { Grant, GrantState } from '../domain/grant-state.ts'
import { workspaceDomainOf } from '../domain/workspace-domain.ts'

/** What ended a grant, or keeps it from being refreshed by a fault of our own client: one row per generation, kept when
 * the user connects again, so that a wave of deaths can still be told from single ones. */
export async function writeGrantTrouble(
  unit: UnitOfWork,
  { before, after, fact }: { readonly before: GrantState; readonly after: Grant; readonly fact: GrantFact },
): Promise<void> {
  const sql = sqlOf(unit)
  const { grantId } = after
  if (fact.type === 'ReauthorizationRequired') {
    await begin(sql, after, { reason: fact.data.reason, at: fact.data.requiredAt })
  } else if (fact.type === 'RefreshFailed' && fact.data.failureClass === 'client_misconfigured') {
    await begin(sql, after, { reason: 'client_misconfigured', at: fact.data.failedAt })
  } else if (fact.type === 'FailureReclassified') {
    await sql('delete from grant_trouble where grant_id = $1 and generation = $2', [
      grantId,
      fact.data.generation,
    ])
  } else if (fact.type === 'GrantRefreshed' && before.status !== 'none' && failuresOf(before) > 0) {
    await sql("delete from grant_trouble where grant_id = $1 and reason = 'client_misconfigured'", [grantId])
  }
}

/** The first trouble of a generation keeps its time; the end of a grant says more than the failures on the way. */
async function begin(
  sql: Sql,
  grant: Grant,
  { reason, at }: { readonly reason: string; readonly at: string },
): Promise<void> {
  await sql(
    `insert into grant_trouble as t (grant_id, generation, reason, began_at, token_since, with_gmail)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (grant_id, generation) do update set reason = excluded.reason, began_at = excluded.began_at
      where t.reason <> excluded.reason`,
    [grant.grantId, grant.generation, reason, at, grant.refreshTokenSince, readsGmail(grant.scopes)],
  )
}

interface TroubleRow {
  readonly grant_id: string
  readonly reason: string
  readonly began: number
  readonly since: number | null
  readonly with_gmail: boolean
  readonly issuer: string
  readonly account_id: string
  readonly email: string
  readonly services: readonly string[]
  readonly survivors: number
}

/** What began since `since`, the newest first; only indexes are asked, and never for more than `limit` grants. */
export async function recentTroubles(
  sql: Sql,
  { since, limit }: { readonly since: Date; readonly limit: number },
): Promise<Trouble[]> {
  const rows = await sql<TroubleRow>(
    `with recent as materialized (
       select * from grant_trouble where began_at >= $1 order by began_at desc limit $2)
     select r.grant_id, r.reason, ${epochMs('r.began_at')} as began, ${epochMs('r.token_since')} as since,
            r.with_gmail, g.issuer, g.account_id, g.state -> 'account' ->> 'email' as email,
            array(select jsonb_object_keys(g.state -> 'connections')) as services,
            case when not r.with_gmail then 0 else
              (select count(*)::int from grant_state o
                where o.issuer = g.issuer and o.account_id = g.account_id and o.status = 'live'
                  and o.state ->> 'scopes' !~ $3 and (o.state ->> 'refreshTokenSince')::timestamptz < r.began_at
                  and (o.state ->> 'lastRefreshedAt')::timestamptz > r.began_at)
              end as survivors
       from recent r join grant_state g on g.grant_id = r.grant_id`,
    [since.toISOString(), limit, gmailScopePattern],
  )
  return rows.map((row) => ({
    grantId: row.grant_id,
    connectionIds: services
      .filter((service) => row.services.includes(service))
      .map((service) => connectionIdOf(row.grant_id, service)),
    reason: row.reason,
    began: new Date(row.began).toISOString(),
    client: row.issuer,
    accountId: row.account_id,
    domain: workspaceDomainOf(row.email),
    withGmail: row.with_gmail,
    tokenSince: row.since === null ? null : new Date(row.since).toISOString(),
    survivorsWithoutGmail: row.survivors,
  }))
}

interface LivingRow {
  readonly issuer: string
  readonly email: string
  readonly with_gmail: boolean
  readonly since: string | null
  readonly refreshed: string | null
}

/** Grants that were refreshed last: those are the ones due within the next hours. */
export async function livingGrants(
  sql: Sql,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<LivingGrant[]> {
  const rows = await sql<LivingRow>(
    `with due as materialized (
       select grant_id from grant_schedule
        where task = 'refresh' and due_at > $1::timestamptz and due_at < $1::timestamptz + interval '2 hours'
        order by due_at desc limit $2)
     select g.issuer, g.state -> 'account' ->> 'email' as email, g.state ->> 'scopes' ~ $3 as with_gmail,
            g.state ->> 'refreshTokenSince' as since, g.state ->> 'lastRefreshedAt' as refreshed
       from due join grant_state g on g.grant_id = due.grant_id
      where g.status = 'live'`,
    [now.toISOString(), limit, gmailScopePattern],
  )
  return rows.map(({ issuer, email, with_gmail, since, refreshed }) => ({
    client: issuer,
    domain: workspaceDomainOf(email),
    withGmail: with_gmail,
    tokenSince: since,
    lastRefreshedAt: refreshed,
  }))
}
