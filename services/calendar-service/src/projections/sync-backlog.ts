import { type Database, sqlOf } from '@evergrant/event-store'

export interface SyncBacklog {
  /** Runs that are due and not held by anyone. */
  readonly due: number
  /** How long the oldest of them has waited. */
  readonly oldestSeconds: number
}

/** How much waits to be synced, over all replicas? */
export async function syncBacklog(database: Database): Promise<SyncBacklog> {
  const rows = await sqlOf(database)<SyncBacklog>(
    `select count(*)::int as due,
            coalesce(extract(epoch from now() - min(coalesce(lease_until, due_at))), 0)::float8 as "oldestSeconds"
       from resource_run
      where (state = 'queued' and due_at <= now()) or (state = 'running' and lease_until <= now())`,
  )
  return rows[0] ?? { due: 0, oldestSeconds: 0 }
}
