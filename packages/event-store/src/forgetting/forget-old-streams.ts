import { type CrashPoint, neverCrash } from '../crash-point.ts'
import type { Database } from '../database/database.ts'
import { sqlOf } from '../database/sql.ts'
import type { EventStore, UnitOfWork } from '../log/event-store.ts'
import { judgeOldStream, type Kept, type OldStream } from './judge-old-stream.ts'

/** The rows that read models have of streams. */
export interface RowsOfStreams {
  /** Locks the rows of those streams that may go, without waiting, and answers which streams these are: in one order with
   * whoever holds such rows before the stream. A stream without rows may go. */
  lock(unit: UnitOfWork, streamIds: readonly string[]): Promise<readonly string[]>
  forget(unit: UnitOfWork, streamIds: readonly string[]): Promise<void>
}

export interface OldStreams {
  readonly store: Pick<EventStore, 'transaction'>
  readonly database: Database
  /** One that a migration of the service calls forgettable; of any other nothing is found. */
  readonly streamType: string
  readonly rows: RowsOfStreams
  readonly crashPoint?: CrashPoint
}

/** How far a round has come. */
interface Place {
  readonly changedAt: string
  readonly streamId: string
}

export interface ForgottenSlice {
  readonly forgotten: number
  /** Old streams that had to stay, by reason. */
  readonly kept: Readonly<Record<Kept, number>>
  /** Where the round goes on; null when it has seen every old stream. */
  readonly next: Place | null
}

/**
 * Forgets ended streams of a type with their facts, publications and rows, when they did not change since `before`: those
 * among the `limit` oldest behind `after`. One transaction, which waits for nobody: any number of replicas may do it at
 * once, and a slice that was broken off has left nothing and is found again.
 */
export async function forgetOldStreams(
  old: OldStreams,
  slice: { readonly before: Date; readonly after: Place | null; readonly limit: number },
): Promise<ForgottenSlice> {
  const before = slice.before.toISOString()
  const page = await sqlOf(old.database)<OldStream & Place>(
    `select stream_id as "streamId", changed_at::text as "changedAt", ended, unpublished, parked
      from es.old_streams($1, $2, $3, $4, $5)`,
    [old.streamType, before, slice.after?.changedAt ?? '-infinity', slice.after?.streamId ?? '', slice.limit],
  )
  const kept = { not_ended: 0, unpublished: 0, parked: 0, rows: 0 }
  const leaving: string[] = []
  for (const stream of page) {
    const reason = judgeOldStream(stream)
    if (reason === null) leaving.push(stream.streamId)
    else kept[reason] += 1
  }
  const forgotten = leaving.length === 0 ? 0 : await forget(old, leaving, before)
  kept.rows = leaving.length - forgotten
  const last = page.length < slice.limit ? undefined : page.at(-1)
  const next = last === undefined ? null : { changedAt: last.changedAt, streamId: last.streamId }
  return { forgotten, kept, next }
}

async function forget(
  { store, rows, crashPoint = neverCrash }: OldStreams,
  streamIds: readonly string[],
  before: string,
): Promise<number> {
  return store.transaction(async (unit) => {
    const free = await rows.lock(unit, streamIds)
    if (free.length === 0) return 0
    const gone = await sqlOf(unit)<{ id: string }>('select es.forget_streams($1, $2) as id', [free, before])
    await crashPoint('forget-after-streams')
    await rows.forget(
      unit,
      gone.map(({ id }) => id),
    )
    await crashPoint('forget-before-commit')
    return gone.length
  })
}
