import { type Database, sqlOf, type UnitOfWork } from '@evergrant/event-store'
import type { Grant } from '../domain/grant-state.ts'

export type GrantTask = 'refresh' | 'revoke'

/** A grant nobody borrowed from for so long is left alone … */
const unusedAfterDays = 7
/** … but not for so long that Google's six months for unused refresh tokens could pass. */
const keepAliveAfterDays = 30

/** When a grant needs attention next, whoever gives it. */
export async function writeGrantSchedule(unit: UnitOfWork, grant: Grant): Promise<void> {
  const sql = sqlOf(unit)
  for (const [task, dueAt] of [
    ['refresh', refreshDue(grant)],
    ['revoke', grant.revocation.status === 'pending' ? grant.revocation.dueAt : null],
  ] as const) {
    if (dueAt === null) {
      await sql('delete from grant_schedule where grant_id = $1 and task = $2', [grant.grantId, task])
    } else {
      await sql(
        `insert into grant_schedule (grant_id, task, due_at) values ($1, $2, $3)
         on conflict (grant_id, task) do update set due_at = excluded.due_at, claimed_until = null`,
        [grant.grantId, task, dueAt],
      )
    }
  }
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

export interface DueGrant {
  readonly grantId: string
  readonly generation: number
}

/** Takes due work for a while. Replicas skip each other's rows; one that dies leaves its rows to the next. */
export function claimDueGrants(
  database: Database,
  claim: { readonly task: GrantTask; readonly now: Date; readonly limit: number; readonly claimMs: number },
): Promise<DueGrant[]> {
  return sqlOf(database)<DueGrant>(
    `with due as (
       select s.grant_id from grant_schedule s
         left join lateral (
           select max(coalesce(u.last_used_at, c.connected_at)) as last_used_at
             from connection_status c left join connection_use u on u.connection_id = c.id
            where c.grant_id = s.grant_id) used on true
        where s.task = $1 and s.due_at <= $2::timestamptz
          and (s.claimed_until is null or s.claimed_until <= $2::timestamptz)
          and (s.task = 'revoke'
               or used.last_used_at > $2::timestamptz - make_interval(days => ${unusedAfterDays})
               or s.due_at < $2::timestamptz - make_interval(days => ${keepAliveAfterDays}))
        order by s.due_at limit $3
        for update of s skip locked)
     update grant_schedule s set claimed_until = $4::timestamptz
       from due, grant_state g
      where s.grant_id = due.grant_id and s.task = $1 and g.grant_id = s.grant_id
     returning s.grant_id as "grantId", (g.state ->> 'generation')::int as generation`,
    [
      claim.task,
      claim.now.toISOString(),
      claim.limit,
      new Date(claim.now.getTime() + claim.claimMs).toISOString(),
    ],
  )
}

/** Refreshes that an earlier life of this instance announced and never finished. */
export function abandonedRefreshes(
  database: Database,
  holder: { readonly instanceId: string; readonly bootId: string },
): Promise<DueGrant[]> {
  return sqlOf(database)<DueGrant>(
    `select grant_id as "grantId", (state ->> 'generation')::int as generation from grant_state
      where status = 'live' and state -> 'refresh' ->> 'status' = 'started'
        and state -> 'refresh' -> 'holder' ->> 'instanceId' = $1
        and state -> 'refresh' -> 'holder' ->> 'bootId' <> $2`,
    [holder.instanceId, holder.bootId],
  )
}
