import { type UnitOfWork, type Write, writesOf } from '@evergrant/event-store'
import { grantStreamOf } from '../domain/grant-facts.ts'
import type { Grant, GrantState } from '../domain/grant-state.ts'
import { scheduleChange } from './grant-schedule.ts'
import { grantShape, rememberGrant } from './grant-snapshots.ts'

const state = (onlyIf: string) => `
  insert into grant_state (grant_id, stream_id, user_id, issuer, account_id, status, state, version, shape)
  select $1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text, $7::jsonb, $8::bigint, $9::int where ${onlyIf}
  on conflict (grant_id) do update
    set account_id = excluded.account_id, status = excluded.status, state = excluded.state,
        version = excluded.version, shape = excluded.shape`
const nothingIsDue = (onlyIf: string) => `
  delete from grant_schedule where ${onlyIf} and grant_id = $1::uuid and task = any($2::text[])`
const isDue = (onlyIf: string) => `
  insert into grant_schedule (grant_id, task, due_at)
  select $1::uuid, due.task, due.at from unnest($2::text[], $3::timestamptz[]) as due (task, at) where ${onlyIf}
  on conflict (grant_id, task) do update set due_at = excluded.due_at, claimed_until = null`

/** The grant as it is now, up to which version of its stream that is, and when it needs attention next. */
export async function writeGrantState(
  unit: UnitOfWork,
  now: { readonly before: GrantState; readonly after: Grant; readonly version: number },
): Promise<void> {
  const { before, after: grant, version } = now
  const { grantId } = grant
  const streamId = grantStreamOf(grantId)
  const { due, nothingDue } = scheduleChange(before, grant)
  const row = [grantId, streamId, grant.userId, grant.issuer, grant.account.id, grant.status]
  const writes: Write[] = [{ text: state, params: [...row, JSON.stringify(grant), version, grantShape] }]
  if (nothingDue.length > 0) writes.push({ text: nothingIsDue, params: [grantId, nothingDue] })
  if (due.length > 0)
    writes.push({ text: isDue, params: [grantId, due.map(({ task }) => task), due.map(({ at }) => at)] })
  await writesOf(unit)(writes)
  rememberGrant(unit, streamId, { state: grant, version })
}
