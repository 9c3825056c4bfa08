import type { Database } from '../database/database.ts'
import { sqlOf } from '../database/sql.ts'
import type { EventStore } from '../log/event-store.ts'
import type { Rebuildable, RebuiltStream } from './rebuildable.ts'

export interface RebuildProgress extends RebuiltStream {
  readonly streams: number
  readonly totalStreams: number
  /** The stream that was done last; a rebuild that was stopped goes on after it. */
  readonly last: string | null
}

export interface Rebuild {
  readonly store: EventStore
  readonly database: Database
  readonly projection: Rebuildable
  /** Where an earlier rebuild was stopped. */
  readonly after?: string
  /** Compares and counts, but leaves the rows as they are. */
  readonly dryRun?: boolean
  readonly onProgress?: (progress: RebuildProgress) => void
}

const pageSize = 500

/** Rebuilds a read model stream by stream while the service runs, one transaction each. It may be stopped at any time and
 * run again: what is done is done. */
export async function rebuildProjection(rebuild: Rebuild): Promise<RebuildProgress> {
  const { database, projection, onProgress } = rebuild
  const sql = sqlOf(database)
  const filter = 'from es.stream where stream_id > $1 and type = any($2::text[])'
  let after = rebuild.after ?? ''
  const [count] = await sql<{ total: number }>(`select count(*)::integer as total ${filter}`, [
    after,
    projection.streamTypes,
  ])
  let progress: RebuildProgress = {
    streams: 0,
    totalStreams: count?.total ?? 0,
    rows: 0,
    wrong: 0,
    last: null,
  }
  for (;;) {
    const page = await sql<{ id: string }>(
      `select stream_id as id ${filter} order by stream_id limit ${pageSize}`,
      [after, projection.streamTypes],
    )
    for (const { id } of page) {
      const { rows, wrong } = await rebuildStream(rebuild, id)
      const streams = progress.streams + 1
      progress = {
        streams,
        // Streams may be born meanwhile; a rebuild never says 101 %.
        totalStreams: Math.max(progress.totalStreams, streams),
        rows: progress.rows + rows,
        wrong: progress.wrong + wrong,
        last: id,
      }
      onProgress?.(progress)
    }
    const last = page.at(-1)
    if (!last) return progress
    after = last.id
  }
}

class DryRun extends Error {
  readonly result: RebuiltStream
  constructor(result: RebuiltStream) {
    super('rolled back on purpose')
    this.result = result
  }
}

async function rebuildStream(
  { store, projection, dryRun }: Rebuild,
  streamId: string,
): Promise<RebuiltStream> {
  try {
    return await store.transaction(async (unit) => {
      const result = await projection.rebuild(unit, streamId)
      if (dryRun) throw new DryRun(result)
      return result
    })
  } catch (error) {
    if (error instanceof DryRun) return error.result
    throw error
  }
}
