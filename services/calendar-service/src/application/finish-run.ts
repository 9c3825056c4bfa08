import type { Clock } from '@evergrant/decider'
import { type Actor, type EventStore, handleCommand, type UnitOfWork } from '@evergrant/event-store'
import { type ResourceOutcome, type SyncCommand, syncDecider } from '../domain/sync.ts'
import type { RunQueue, WaitingSync } from './ports.ts'
import { syncPublications } from './publications.ts'

/** Tells one sync what happened to it; its facts go back to the request for it, whoever did the work. */
export async function tellSync(
  where: EventStore | UnitOfWork,
  { syncId, correlationId, traceparent }: WaitingSync,
  command: SyncCommand,
  actor: Actor,
): Promise<void> {
  await handleCommand(where, {
    decider: syncDecider,
    streamType: 'sync',
    streamId: `sync-${syncId}`,
    command,
    metadata: { actor, correlationId, ...(traceparent === null ? {} : { traceparent }) },
    publish: syncPublications,
    writeAtTheEnd: true,
  })
}

interface Telling {
  readonly queue: RunQueue
  readonly clock: Clock
  readonly actor: Actor
}

/** Ends a run and tells every sync that waited for it. */
export async function finishRun(
  unit: UnitOfWork,
  run: { readonly runId: string; readonly resourceId: string },
  ending:
    | { readonly status: 'done'; readonly mode: 'incremental' | 'full' }
    | { readonly status: 'failed'; readonly reason: string; readonly retryAt: string | null },
  telling: Telling,
): Promise<void> {
  const counts = await telling.queue.end(unit, run, ending.status)
  const outcome: ResourceOutcome =
    ending.status === 'done'
      ? { status: 'synced', mode: ending.mode, counts }
      : { status: 'failed', reason: ending.reason, retryAt: ending.retryAt }
  const waiting = await telling.queue.waiters(unit, run.runId)
  await tellFinished(unit, waiting, { resourceId: run.resourceId, outcome }, telling)
}

/** Tells every sync that waited for a run how it ended. */
export async function tellFinished(
  unit: UnitOfWork,
  waiting: readonly WaitingSync[],
  ending: { readonly resourceId: string; readonly outcome: ResourceOutcome },
  { clock, actor }: Pick<Telling, 'clock' | 'actor'>,
): Promise<void> {
  const now = clock.now().toISOString()
  for (const sync of waiting) await tellSync(unit, sync, { type: 'FinishResource', ...ending, now }, actor)
}
