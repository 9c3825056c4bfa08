import { type Database, sqlOf } from '@evergrant/event-store'
import type { Grant, GrantState } from '../domain/grant-state.ts'

/** A grant nobody borrowed from for so long is left alone … */
const unusedAfterDays = 7
/** … but not for so long that Google's six months for unused refresh tokens could pass. */
const keepAliveAfterDays = 30

export interface ScheduleChange {
  readonly due: readonly { readonly task: 'refresh' | 'revoke'; readonly at: string }[]
  readonly nothingDue: readonly ('refresh' | 'revoke')[]
}

/** When a grant needs attention next, whoever gives it. Only what a fact has changed: most facts change one time or none,
 * and every refresh comes by here twice. */
export function scheduleChange(before: GrantState, grant: Grant): ScheduleChange {
  const changed = tasks.flatMap(([task, dueOf]) => {
    const at = dueOf(grant)
    return at === (before.status === 'none' ? null : dueOf(before)) ? [] : [{ task, at }]
  })
  return {
    due: changed.flatMap(({ task, at }) => (at === null ? [] : [{ task, at }])),
    nothingDue: changed.filter(({ at }) => at === null).map(({ task }) => task),
  }
}

function revocationDue({ revocation }: Grant): string | null {
  return revocation.status === 'pending' ? revocation.dueAt : null
}

function refreshDue(grant: Grant): string | null {
  if (grant.status !== 'live' || grant.generation === 0) return null
  if (grant.refreshTokenGeneration === null) return grant.expiresAt
  switch (grant.refresh.status) {
    case 'idle':
      return grant.refreshDueAt
    case 'started':
      return grant.refresh.leaseUntil
    case 'failed':
      return grant.refresh.nextAttemptAt
  }
}

const tasks = [
  ['refresh', refreshDue],
  ['revoke', revocationDue],
] as const

export interface DueGrant {
  readonly grantId: string
  readonly generation: number
}

export interface Claim {
  readonly now: Date
  readonly limit: number
  readonly claimMs: number
}

/** Takes due refreshes for a while. Replicas skip each other's rows; one that dies leaves its rows to the next. Grants
 * nobody has used lately are put off until they have to be kept alive, so that they are looked at once and not always. */
export async function claimDueRefreshes(
  database: Database,
  claim: Claim,
): Promise<{ readonly grants: readonly DueGrant[]; readonly more: boolean }> {
  const rows = await sqlOf(database)<DueGrant & { readonly wanted: boolean | null }>(
    `with due as materialized (
       select s.grant_id from grant_schedule s
        where s.task = 'refresh' and s.due_at <= $1::timestamptz
          and (s.claimed_until is null or s.claimed_until <= $1::timestamptz)
        order by s.due_at limit $2
        for update of s skip locked),
     judged as (
       select g.grant_id, (g.state ->> 'generation')::int as generation,
              keep.alive_at, used.last_used_at > $1::timestamptz - make_interval(days => ${unusedAfterDays}) as in_use
         from due join grant_state g using (grant_id)
         cross join lateral (
           select max(coalesce(u.last_used_at, c.connected_at)) as last_used_at, min(c.connected_at) as connected_at
             from connection_status c left join connection_use u on u.connection_id = c.id
            where c.grant_id = g.grant_id) used
         cross join lateral (
           select coalesce((g.state ->> 'lastRefreshedAt')::timestamptz, used.connected_at, $1::timestamptz)
                    + make_interval(days => ${keepAliveAfterDays}) as alive_at) keep),
     scheduled as (
       update grant_schedule s
          set claimed_until = case when j.in_use or j.alive_at <= $1::timestamptz then $3::timestamptz end,
              due_at = case when j.in_use or j.alive_at <= $1::timestamptz then s.due_at else j.alive_at end
         from judged j where s.grant_id = j.grant_id and s.task = 'refresh')
     select grant_id as "grantId", generation, in_use or alive_at <= $1::timestamptz as wanted from judged`,
    boundary(claim),
  )
  return { grants: rows.filter(({ wanted }) => wanted === true), more: rows.length === claim.limit }
}

/** As `claimDueRefreshes`, for grants that ended and of which Google has to be told. */
export function claimDueRevocations(database: Database, claim: Claim): Promise<DueGrant[]> {
  return sqlOf(database)<DueGrant>(
    `with due as materialized (
       select s.grant_id from grant_schedule s
        where s.task = 'revoke' and s.due_at <= $1::timestamptz
          and (s.claimed_until is null or s.claimed_until <= $1::timestamptz)
        order by s.due_at limit $2
        for update of s skip locked)
     update grant_schedule s set claimed_until = $3::timestamptz
       from due, grant_state g
      where s.grant_id = due.grant_id and s.task = 'revoke' and g.grant_id = s.grant_id
     returning s.grant_id as "grantId", (g.state ->> 'generation')::int as generation`,
    boundary(claim),
  )
}

function boundary({ now, limit, claimMs }: Claim): [string, number, string] {
  return [now.toISOString(), limit, new Date(now.getTime() + claimMs).toISOString()]
}

/** What is announced is due again when its lease ends, so nothing further away has to be looked at. */
const longestLeaseMinutes = 10

/** Refreshes that an earlier life of this instance announced and never finished. */
export function abandonedRefreshes(
  database: Database,
  holder: { readonly instanceId: string; readonly bootId: string },
): Promise<DueGrant[]> {
  return sqlOf(database)<DueGrant>(
    `select g.grant_id as "grantId", (g.state ->> 'generation')::int as generation
       from grant_schedule s join grant_state g using (grant_id)
      where s.task = 'refresh' and s.due_at < now() + make_interval(mins => ${longestLeaseMinutes})
        and g.status = 'live' and state -> 'refresh' ->> 'status' = 'started'
        and state -> 'refresh' -> 'holder' ->> 'instanceId' = $1
        and state -> 'refresh' -> 'holder' ->> 'bootId' <> $2`,
    [holder.instanceId, holder.bootId],
  )
}
