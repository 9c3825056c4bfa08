import type { Service } from '@evergrant/event-contracts'
import type { Database } from '@evergrant/event-store'
import { z } from 'zod'
import { freshnessOf, type OverdueAfter } from '../../domain/freshness.ts'
import { type ConnectionCopyRow, connectionCopies } from '../../projections/connection-copies.ts'

/** How far the copy of a connection can be trusted. `retryAt`: when what failed is tried again at the earliest. `progress`: of
 * its resources, how many were synced to their end at least once, and entries stored by the runs under way. */
export const connectionSyncSchema = z.object({
  connectionId: z.uuid(),
  status: z.enum(['fresh', 'stale', 'syncing', 'paused', 'failed']),
  lastSyncedAt: z.string().nullable(),
  reason: z.string().nullable(),
  retryAt: z.string().nullable(),
  progress: z.object({ parts: z.number(), synced: z.number(), entries: z.number() }),
})

/** Connection by connection, for the pages of what was synced from them. */
export async function connectionSyncs(
  { database, overdueAfter }: { readonly database: Database; readonly overdueAfter: OverdueAfter },
  userId: string,
  service: Service,
): Promise<z.infer<typeof connectionSyncSchema>[]> {
  const rows = await connectionCopies(database, userId, service)
  return rows.map((row) => syncOf(row, overdueAfter))
}

function syncOf(row: ConnectionCopyRow, overdueAfter: OverdueAfter): z.infer<typeof connectionSyncSchema> {
  const { connectionId, lastSyncedAtMs, retryAtMs, parts, syncedParts, entries } = row
  const freshness = freshnessOf(row, overdueAfter)
  return {
    connectionId,
    ...freshness,
    lastSyncedAt: timeOf(lastSyncedAtMs),
    // What is paused is not tried at all.
    retryAt: freshness.status === 'paused' ? null : timeOf(retryAtMs),
    progress: { parts, synced: syncedParts, entries },
  }
}

const timeOf = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())
