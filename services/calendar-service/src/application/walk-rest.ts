import type { Clock } from '@evergrant/decider'
import type { SyncMode } from '@evergrant/event-contracts'
import type { EventStore, FactMetadata, UnitOfWork } from '@evergrant/event-store'
import type { Pass, SyncCursor } from '../domain/sync-cursor.ts'
import type { ClaimedRun, Resources, RunQueue, SyncedResource } from './ports.ts'
import type { Sources } from './sources.ts'

export interface WalkRestParts {
  readonly store: EventStore
  readonly sources: Sources
  readonly resources: Resources
  readonly queue: RunQueue
  readonly clock: Clock
  readonly leaseMs: number
  readonly sliceRows: number
  readonly crashPoint?: (name: string) => void | Promise<void>
  /** Ends the run; its resource is synced, or it is gone. */
  readonly finish: (
    unit: UnitOfWork,
    ending: { readonly mode: SyncMode; readonly synced: boolean; readonly widenTo: readonly string[] },
  ) => Promise<void>
}

/** Where a run goes on after a slice; `anew` when the resource came back while it was closed, and is to be synced. */
type After = { readonly cursor: SyncCursor; readonly pass: Pass } | 'anew' | 'ended'

/** Takes one slice of what is left of a pass that needs no more pages. It needs no token and nothing of Google's; a process that
 * dies leaves the rest to the next one, which goes on after the last slice that was committed. */
export async function walkRest(
  parts: WalkRestParts,
  run: ClaimedRun,
  metadata: FactMetadata,
): Promise<After> {
  const { store, sources, resources, queue, clock, leaseMs, sliceRows, crashPoint, finish } = parts
  const after = await store.transaction<After>(async (unit) => {
    const resource = await resources.lock(unit, run.resourceId)
    const { pass } = resource.cursor
    const rest = pass?.rest
    if (pass === null || rest === undefined || (rest.kind === 'switch' && resource.removed)) {
      // The list has taken it away meanwhile, and closed it.
      await finish(unit, { mode: run.mode, synced: false, widenTo: [] })
      return 'ended'
    }
    const slice = { resource, pass, rest, at: clock.now(), metadata, sliceRows }
    const { counts, cursor, widenTo } = await sources[run.kind].takeRest(unit, slice)
    await crashPoint?.('slice_stored')
    const mode = rest.kind === 'close' ? run.mode : pass.mode
    await queue.progress(unit, run, { counts, mode, leaseMs })
    await resources.saveCursor(unit, run.resourceId, cursor)
    if (cursor.pass !== null) return { cursor, pass: cursor.pass }
    if (rest.kind === 'close' && !resource.removed) return 'anew'
    await finish(unit, { mode, synced: rest.kind === 'switch', widenTo })
    return 'ended'
  })
  await crashPoint?.('slice_committed')
  return after
}

/** The pass that closes a resource which was taken away, even if it has come back since. */
export function closingOf({ cursor }: SyncedResource): Pass | null {
  return cursor.pass?.rest?.kind === 'close' ? cursor.pass : null
}
