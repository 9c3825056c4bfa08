import { type Rebuildable, rebuildFromFacts } from '@evergrant/event-store'
import { eventWrites } from './projections/event-writes.ts'
import { knownConnections } from './projections/known-connections.ts'
import { syncStatus } from './projections/sync-status.ts'

const ofStream = { where: 'stream_id = $1' } as const

/** The read models that can be made again without asking Google. */
export const rebuildable: readonly Rebuildable[] = [
  rebuildFromFacts(knownConnections, {
    streamTypes: ['connection'],
    tables: [{ table: 'known_connection', key: ['connection_id'], ...ofStream }],
  }),
  rebuildFromFacts(syncStatus, {
    streamTypes: ['sync'],
    tables: [{ table: 'sync_status', key: ['sync_id'], ...ofStream }],
  }),
  rebuildFromFacts(eventWrites, {
    streamTypes: ['event-write'],
    // When a write in doubt was looked at last keeps replicas apart.
    tables: [{ table: 'event_write', key: ['write_id'], kept: ['looked_at'], ...ofStream }],
  }),
]
