import type { Clock } from '@evergrant/decider'
import { type FactMetadata, handleCommand, type UnitOfWork } from '@evergrant/event-store'
import { type ResourceOutcome, type SyncCommand, syncDecider } from '../domain/sync.ts'
import type { RunQueue } from './ports.ts'
import { syncPublications } from './publications.ts'

/** Tells one sync what happened to it. */
export async function tellSync(
  unit: UnitOfWork,
  syncId: string,
  command: SyncCommand,
  metadata: FactMetadata,
): Promise<void> {
  await handleCommand(unit, {
    decider: syncDecider,
    streamType: 'sync',
    streamId: `sync-${syncId}`,
    command,
    metadata,
    publish: syncPublications,
  })
}

/** Ends a run and tells every sync that waited for it. */
export async function finishRun(
  unit: UnitOfWork,
  run: { readonly runId: string; readonly resourceId: string },
  ending:
    | { readonly status: 'done'; readonly mode: 'incremental' | 'full' }
    | { readonly status: 'failed'; readonly reason: string; readonly retryAt: string | null },
  parts: { readonly queue: RunQueue; readonly clock: Clock; readonly metadata: FactMetadata },
): Promise<void> {
  const { queue, clock, metadata } = parts
  const counts = await queue.end(unit, run, ending.status)
  const outcome: ResourceOutcome =
    ending.status === 'done'
      ? { status: 'synced', mode: ending.mode, counts }
      : { status: 'failed', reason: ending.reason, retryAt: ending.retryAt }
  const now = clock.now().toISOString()
  for (const syncId of await queue.waiters(unit, run.runId)) {
    await tellSync(
      unit,
      syncId,
      { type: 'FinishResource', resourceId: run.resourceId, outcome, now },
      metadata,
    )
  }
}
