import { driveIdOf } from '@evergrant/event-contracts'
import { sqlOf } from '@evergrant/event-store'
import type { SharedDrives } from '../../application/ports.ts'

// Somebody's own log is the connection's first resource and has its id.
const known = `kind = 'drive' and connection_id = $1 and resource_id <> connection_id`
const shared = `${known} and removed_at is null`

export const postgresSharedDrives: SharedDrives = {
  join: async (unit, { connectionId, userId }, driveIds) => {
    if (driveIds.length === 0) return
    const drives = [...new Set(driveIds)].map((driveId) => ({
      resource_id: driveIdOf(connectionId, driveId),
      google_id: driveId,
    }))
    await sqlOf(unit)(
      `insert into synced_resource (resource_id, kind, connection_id, user_id, google_id)
       select resource_id, 'drive', $2, $3, google_id
         from jsonb_to_recordset($1::jsonb) as d (resource_id uuid, google_id text)
       on conflict (resource_id) do update set removed_at = null where synced_resource.removed_at is not null`,
      [JSON.stringify(drives), connectionId, userId],
    )
  },
  leave: async (unit, connectionId, driveIds) => {
    if (driveIds.length === 0) return []
    const rows = await sqlOf(unit)<{ id: string }>(
      `update synced_resource set removed_at = now(), sync_token = null, pass = null
        where ${shared} and google_id = any($2::text[]) returning resource_id as id`,
      [connectionId, driveIds],
    )
    return rows.map(({ id }) => id)
  },
  present: (unit, connectionId) =>
    sqlOf(unit)<{ resourceId: string; driveId: string }>(
      `select resource_id as "resourceId", google_id as "driveId" from synced_resource
        where ${shared} order by resource_id`,
      [connectionId],
    ),
  toWalk: async (unit, connectionId) => {
    const rows = await sqlOf(unit)<{ id: string }>(
      `select resource_id as id from synced_resource
        where ${known} and (removed_at is null or pass is not null) order by resource_id`,
      [connectionId],
    )
    return rows.map(({ id }) => id)
  },
}
