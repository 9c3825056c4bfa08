import { sqlOf, type UnitOfWork } from '@evergrant/event-store'
import { grantStreamOf } from '../domain/grant-facts.ts'
import type { Grant, GrantState } from '../domain/grant-state.ts'
import { scheduleChange } from './grant-schedule.ts'
import { grantShape, rememberGrant } from './grant-snapshots.ts'

// One statement for both tables: a statement costs a refreshing process more than its work costs PostgreSQL.
const text = `
  with written as (
    insert into grant_state (grant_id, stream_id, user_id, issuer, account_id, status, state, version, shape)
    values ($1::uuid, $2, $3, $4, $5, $6, $7::jsonb, $8, $9)
    on conflict (grant_id) do update
      set account_id = excluded.account_id, status = excluded.status, state = excluded.state,
          version = excluded.version, shape = excluded.shape),
  nothing_due as (
    delete from grant_schedule where grant_id = $1::uuid and task = any($10::text[]))
  insert into grant_schedule (grant_id, task, due_at)
  select $1::uuid, due.task, due.at from unnest($11::text[], $12::timestamptz[]) as due (task, at)
  on conflict (grant_id, task) do update set due_at = excluded.due_at, claimed_until = null`

/** The grant as it is now, up to which version of its stream that is, and when it needs attention next. */
export async function writeGrantState(
  unit: UnitOfWork,
  now: { readonly before: GrantState; readonly after: Grant; readonly version: number },
): Promise<void> {
  const { before, after: grant, version } = now
  const streamId = grantStreamOf(grant.grantId)
  const { due, nothingDue } = scheduleChange(before, grant)
  await sqlOf(unit)(text, [
    grant.grantId,
    streamId,
    grant.userId,
    grant.issuer,
    grant.account.id,
    grant.status,
    JSON.stringify(grant),
    version,
    grantShape,
    nothingDue,
    due.map(({ task }) => task),
    due.map(({ at }) => at),
  ])
  rememberGrant(unit, streamId, { state: grant, version })
}
