import { type Rebuildable, rebuildFromFacts, sqlOf } from '@evergrant/event-store'
import { rebuildCalendars } from './adapters/postgres/rebuild-calendars.ts'
import { rebuildEvents } from './adapters/postgres/rebuild-events.ts'
import { rebuildItems } from './adapters/postgres/rebuild-items.ts'
import { eventWrites } from './projections/event-writes.ts'
import { knownConnections } from './projections/known-connections.ts'
import { syncStatus } from './projections/sync-status.ts'

const ofStream = { where: 'stream_id = $1' } as const

/** The read models that facts and the logs of changes make: all that readers see of Google's. What a walk through Google's
 * pages needs (cursors, runs, staged generations, channels, budgets) is no read model. */
export const rebuildable: readonly Rebuildable[] = [
  rebuildFromFacts(knownConnections, {
    streamTypes: ['connection'],
    tables: [{ table: 'known_connection', key: ['connection_id'], ...ofStream }],
  }),
  rebuildFromFacts(syncStatus, {
    streamTypes: ['sync'],
    tables: [{ table: 'sync_status', key: ['sync_id'], ...ofStream }],
    // Whoever ends a run holds the rows of those that wait for it before their streams.
    lockFirst: async (unit, streamId) => {
      await sqlOf(unit)('select from sync_status where stream_id = $1 for update', [streamId])
    },
  }),
  rebuildFromFacts(eventWrites, {
    streamTypes: ['event-write'],
    // When a write in doubt was looked at last keeps replicas apart.
    tables: [{ table: 'event_write', key: ['write_id'], kept: ['looked_at'], ...ofStream }],
  }),
  rebuildCalendars,
  rebuildEvents,
  rebuildItems,
]
