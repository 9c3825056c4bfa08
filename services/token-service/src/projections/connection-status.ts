import { sqlOf, type UnitOfWork } from '@evergrant/event-store'
import { changesWithTime, connectionsOf } from '../domain/connection-view.ts'
import type { Grant, GrantState } from '../domain/grant-state.ts'

/** Status and reason per connection, with the moment they became so. Most facts, every refresh among them, change neither. */
export async function writeConnectionStatus(
  unit: UnitOfWork,
  { before, after: grant }: { readonly before: GrantState; readonly after: Grant },
  at: Date,
): Promise<void> {
  const rows = JSON.stringify(statusRows(grant, at))
  const comparable = before.status !== 'none' && !changesWithTime(before)
  if (comparable && JSON.stringify(statusRows(before, at)) === rows) return
  await sqlOf(unit)(
    `insert into connection_status as c (id, grant_id, user_id, service, status, reason, since, connected_at)
     select r.id, $1, $2, r.service, r.status, r.reason, $3::timestamptz, r.connected_at
       from jsonb_to_recordset($4::jsonb)
         as r(id uuid, service text, status text, reason text, connected_at timestamptz)
     on conflict (id) do update
       set status = excluded.status, reason = excluded.reason, connected_at = excluded.connected_at,
           since = case when (c.status, c.reason) is distinct from (excluded.status, excluded.reason)
                        then excluded.since else c.since end`,
    [grant.grantId, grant.userId, at.toISOString(), rows],
  )
}

function statusRows(grant: Grant, now: Date) {
  const views = connectionsOf(grant, { now, publicUrl: 'http://localhost', lastUsedAt: null })
  return views.map(({ id, service, status, reason, connectedAt }) => ({
    id,
    service,
    status,
    reason,
    connected_at: connectedAt,
  }))
}
