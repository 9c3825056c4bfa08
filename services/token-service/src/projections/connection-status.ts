import { sqlOf, type UnitOfWork } from '@evergrant/event-store'
import { connectionsOf } from '../domain/connection-view.ts'
import type { Grant } from '../domain/grant-state.ts'

/** Status and reason per connection, with the moment they became so. */
export async function writeConnectionStatus(unit: UnitOfWork, grant: Grant, at: Date): Promise<void> {
  const views = connectionsOf(grant, { now: at, publicUrl: 'http://localhost', lastUsedAt: null })
  const rows = views.map(({ id, service, status, reason, connectedAt }) => ({
    id,
    service,
    status,
    reason,
    connected_at: connectedAt,
  }))
  await sqlOf(unit)(
    `insert into connection_status as c (id, grant_id, user_id, service, status, reason, since, connected_at)
     select r.id, $1, $2, r.service, r.status, r.reason, $3::timestamptz, r.connected_at
       from jsonb_to_recordset($4::jsonb)
         as r(id uuid, service text, status text, reason text, connected_at timestamptz)
     on conflict (id) do update
       set status = excluded.status, reason = excluded.reason, connected_at = excluded.connected_at,
           since = case when (c.status, c.reason) is distinct from (excluded.status, excluded.reason)
                        then excluded.since else c.since end`,
    [grant.grantId, grant.userId, at.toISOString(), JSON.stringify(rows)],
  )
}
