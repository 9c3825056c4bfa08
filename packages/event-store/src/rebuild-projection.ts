import type { Database } from './database.ts'
import type { EventStore, Projection } from './event-store.ts'
import { sqlOf } from './sql.ts'

export interface RebuildProgress {
  readonly streams: number
  readonly totalStreams: number
  readonly facts: number
}

export interface Rebuild {
  readonly store: EventStore
  readonly database: Database
  readonly projection: Projection
  /** Only streams of these types; default all. */
  readonly streamTypes?: readonly string[]
  /** Replays and counts, but leaves the rows as they are. */
  readonly dryRun?: boolean
  readonly onProgress?: (progress: RebuildProgress) => void
}

const pageSize = 500

/** Forgets and replays a projection stream by stream while the service runs: each stream's row lock keeps its writers
 * out for the moment of its own replay, so nothing is missed or counted twice. May be stopped and run again. */
export async function rebuildProjection(rebuild: Rebuild): Promise<RebuildProgress> {
  const { database, streamTypes = null, onProgress } = rebuild
  const sql = sqlOf(database)
  const filter = 'from es.stream where stream_id > $1 and ($2::text[] is null or type = any($2))'
  const [count] = await sql<{ total: number }>(`select count(*)::integer as total ${filter}`, [
    '',
    streamTypes,
  ])
  let progress: RebuildProgress = { streams: 0, totalStreams: count?.total ?? 0, facts: 0 }
  let after = ''
  for (;;) {
    const page = await sql<{ id: string }>(
      `select stream_id as id ${filter} order by stream_id limit ${pageSize}`,
      [after, streamTypes],
    )
    for (const { id } of page) {
      const facts = await replayStream(rebuild, id)
      const streams = progress.streams + 1
      // Streams may be born meanwhile; a rebuild never says 101 %.
      const totalStreams = Math.max(progress.totalStreams, streams)
      progress = { streams, totalStreams, facts: progress.facts + facts }
      onProgress?.(progress)
    }
    const last = page.at(-1)
    if (!last) return progress
    after = last.id
  }
}

class DryRun extends Error {
  readonly facts: number
  constructor(facts: number) {
    super('rolled back on purpose')
    this.facts = facts
  }
}

async function replayStream({ store, projection, dryRun }: Rebuild, streamId: string): Promise<number> {
  try {
    return await store.transaction(async (unit) => {
      await sqlOf(unit)('select from es.stream where stream_id = $1 for update', [streamId])
      await projection.forget(unit, streamId)
      const { facts } = await unit.readStream(streamId)
      for (const fact of facts) await projection.apply(unit, fact)
      if (dryRun) throw new DryRun(facts.length)
      return facts.length
    })
  } catch (error) {
    if (error instanceof DryRun) return error.facts
    throw error
  }
}
