import { epochMs, readsOf, type Sql, sqlOf } from '@evergrant/event-store'
import type { Resources, SyncedResource } from '../../application/ports.ts'
import { calendarErrors } from '../../domain/errors.ts'
import type { Pass, SyncCursor } from '../../domain/sync-cursor.ts'

interface Row extends Omit<SyncedResource, 'cursor' | 'lastSyncedAt'> {
  readonly lastSyncedAtMs: number | null
  readonly generation: number
  readonly syncToken: string | null
  readonly queryHash: string | null
  readonly pass: Pass | null
  readonly unproven: boolean
}

async function read(sql: Sql, resourceId: string, lock: string): Promise<SyncedResource | null> {
  const rows = await sql<Row>(
    `select r.resource_id as "resourceId", r.kind, r.connection_id as "connectionId", r.user_id as "userId",
            r.google_id as "googleId", r.generation, r.sync_token as "syncToken", r.query_hash as "queryHash",
            r.pass, r.token_unproven as unproven, c.time_zone as "timeZone", r.removed_at is not null as removed,
            ${epochMs('r.last_synced_at')} as "lastSyncedAtMs"
       from synced_resource r left join calendar c on c.calendar_id = r.resource_id
      where r.resource_id = $1 ${lock}`,
    [resourceId],
  )
  const row = rows[0]
  if (!row) return null
  const { generation, syncToken, queryHash, pass, unproven, lastSyncedAtMs, ...identity } = row
  const lastSyncedAt = lastSyncedAtMs === null ? null : new Date(lastSyncedAtMs)
  return { ...identity, lastSyncedAt, cursor: { generation, syncToken, queryHash, pass, unproven } }
}

/** What `cursorParams` are set to, when they are the parameters from there on. */
export function cursorFrom(first: number): string {
  return ['generation = $', 'sync_token = $', 'query_hash = $', 'pass = $', 'token_unproven = $']
    .map((column, nth) => `${column}${first + nth}`)
    .join(', ')
}

export function cursorParams({ generation, syncToken, queryHash, pass, unproven }: SyncCursor) {
  return [generation, syncToken, queryHash, pass === null ? null : JSON.stringify(pass), unproven]
}

export const postgresResources: Resources = {
  open: async (unit, { resourceId, kind, connectionId, userId, googleId }) => {
    await sqlOf(unit)(
      `insert into synced_resource (resource_id, kind, connection_id, user_id, google_id)
       values ($1, $2, $3, $4, $5) on conflict (resource_id) do nothing`,
      [resourceId, kind, connectionId, userId, googleId],
    )
  },
  find: (unit, resourceId) => read(readsOf(unit), resourceId, ''),
  lock: async (unit, resourceId) => {
    const resource = await read(sqlOf(unit), resourceId, 'for update of r')
    if (!resource) throw calendarErrors.unknown_calendar()
    return resource
  },
  saveCursor: async (unit, resourceId, cursor) => {
    await sqlOf(unit)(`update synced_resource set ${cursorFrom(2)} where resource_id = $1`, [
      resourceId,
      ...cursorParams(cursor),
    ])
  },
  savePass: async (unit, resourceId, pass) => {
    await sqlOf(unit)('update synced_resource set pass = $2::jsonb where resource_id = $1', [
      resourceId,
      pass === null ? null : JSON.stringify(pass),
    ])
  },
  noteSynced: async (unit, resourceId) => {
    await sqlOf(unit)(
      `update synced_resource set last_synced_at = now(), failure_reason = null, not_before = null
        where resource_id = $1`,
      [resourceId],
    )
  },
  noteFailure: async (unit, { resourceId, reason, notBeforeMs }) => {
    await sqlOf(unit)(
      `update synced_resource
          set failure_reason = $2, not_before = now() + $3::float8 * interval '1 millisecond'
        where resource_id = $1`,
      [resourceId, reason, notBeforeMs],
    )
  },
}
