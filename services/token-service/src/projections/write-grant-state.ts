import { type RowStatement, type UnitOfWork, type Write, writesOf } from '@evergrant/event-store'
import { grantStreamOf } from '../domain/grant-facts.ts'
import type { Grant, GrantState } from '../domain/grant-state.ts'
import { scheduleChange } from './grant-schedule.ts'
import { grantShape, rememberGrant } from './grant-snapshots.ts'

const state: RowStatement = {
  columns: `grant_id uuid, stream_id text, user_id text, issuer text, account_id text, status text, state jsonb,
    version bigint, shape int`,
  text: (rows) => `
  insert into grant_state (grant_id, stream_id, user_id, issuer, account_id, status, state, version, shape)
  select grant_id, stream_id, user_id, issuer, account_id, status, state, version, shape from ${rows}
  on conflict (grant_id) do update
    set account_id = excluded.account_id, status = excluded.status, state = excluded.state,
        version = excluded.version, shape = excluded.shape`,
}
const nothingIsDue: RowStatement = {
  columns: 'grant_id uuid, task text',
  text: (rows) => `
  delete from grant_schedule s using ${rows} as r where s.grant_id = r.grant_id and s.task = r.task`,
}
const isDue: RowStatement = {
  columns: 'grant_id uuid, task text, due_at timestamptz',
  text: (rows) => `
  insert into grant_schedule (grant_id, task, due_at) select grant_id, task, due_at from ${rows}
  on conflict (grant_id, task) do update set due_at = excluded.due_at, claimed_until = null`,
}

/** The grant as it is now, up to which version of its stream that is, and when it needs attention next. */
export async function writeGrantState(
  unit: UnitOfWork,
  now: { readonly before: GrantState; readonly after: Grant; readonly version: number },
): Promise<void> {
  const { before, after: grant, version } = now
  const { grantId } = grant
  const streamId = grantStreamOf(grantId)
  const { due, nothingDue } = scheduleChange(before, grant)
  const row = {
    grant_id: grantId,
    stream_id: streamId,
    user_id: grant.userId,
    issuer: grant.issuer,
    account_id: grant.account.id,
    status: grant.status,
    state: grant,
    version,
    shape: grantShape,
  }
  const writes: Write[] = [
    { statement: state, row },
    ...nothingDue.map((task) => ({ statement: nothingIsDue, row: { grant_id: grantId, task } })),
    ...due.map(({ task, at }) => ({ statement: isDue, row: { grant_id: grantId, task, due_at: at } })),
  ]
  await writesOf(unit)(writes)
  rememberGrant(unit, streamId, { state: grant, version })
}
