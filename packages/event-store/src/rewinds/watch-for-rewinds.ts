import type { Clock } from '@evergrant/decider'
import type { Database } from '../database/database.ts'
import { sqlOf } from '../database/sql.ts'
import type { EventStore, UnitOfWork } from '../log/event-store.ts'
import { findLost } from './find-lost.ts'
import { liftStreams } from './lift-streams.ts'
import { recordRewind } from './record-rewind.ts'
import type { ReadPublished, Rewind } from './rewinds.ts'

export interface RewindWatchOptions {
  readonly database: Database
  readonly store: EventStore
  /** Whose events these are: their `ce-source`. */
  readonly source: string
  readonly readPublished: ReadPublished
  readonly clock: Clock
  /** In the transaction that writes the rewind down: numbers of one's own to be lifted. */
  readonly onRewound?: (unit: UnitOfWork) => Promise<void>
  /** Told once, by the replica that found it. */
  readonly onFound: (rewind: Rewind) => void
}

/** Asked by the relay before it publishes. */
export interface RewindWatch {
  /** There is something to be done although there is nothing to publish. */
  waiting(): boolean
  /** True when it had to look: what was read from the outbox before may have other numbers by now.
   * @throws DomainError `bus_unavailable`: without the bus nobody can tell. */
  lookedAgain(): Promise<boolean>
}

/**
 * Finds out that the database was put back, before anything is said under a number that is taken. The bus remembers what was
 * said. A new look is due whenever a connection was opened, because the server behind a new one may be another: a promoted
 * standby, a restored copy.
 */
export function watchForRewinds(options: RewindWatchOptions): RewindWatch {
  const { database, store, source, readPublished, clock } = options
  const sql = sqlOf(database)
  let connections = 1
  let looked = 0
  let unlifted = false
  database.onConnection(() => {
    connections++
  })

  const look = async () => {
    const found = await findLost(sql, source, readPublished)
    if (found.lost.length > 0) {
      const rewind = await store.transaction(async (unit) => {
        const recorded = await recordRewind(unit, found, clock.now())
        if (recorded) await options.onRewound?.(unit)
        return recorded
      })
      if (rewind) options.onFound(rewind)
    }
    unlifted = await isThere('es.rewound_stream')
  }
  const isThere = async (rows: string) => {
    const [row] = await sql<{ any: boolean }>(`select exists (select from ${rows}) as any`)
    return row?.any ?? false
  }
  const lift = async () => {
    if (!unlifted || !(await isThere('es.rewound_stream join es.stream using (stream_id)'))) return false
    return (await store.transaction(liftStreams)) > 0
  }

  return {
    waiting: () => unlifted,
    lookedAgain: async () => {
      if (looked === connections) return lift()
      const before = connections
      await look()
      looked = before
      return true
    },
  }
}
