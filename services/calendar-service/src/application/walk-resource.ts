import type { UnitOfWork } from '@evergrant/event-store'
import { planRetry, type RetryPlan, waitForQuota } from '../domain/retry-plan.ts'
import { noCounts } from '../domain/sync.ts'
import { abandonPass, advance, lookAgain, mayReopen, reopen, type SyncCursor } from '../domain/sync-cursor.ts'
import type { ObstacleWord, SyncObstacle } from '../domain/sync-obstacle.ts'
import { askGoogle } from './ask-google.ts'
import { beginRun } from './begin-run.ts'
import { finishRun, tellFinished, tellSync } from './finish-run.ts'
import { obstacleFrom } from './obstacle-from.ts'
import type { ClaimedRun } from './ports.ts'
import { savePass } from './save-pass.ts'
import { onePage } from './store-page.ts'
import { actor, type Position, type WalkParts } from './walk-parts.ts'
import { closingOf, type WalkRestParts, walkRest } from './walk-rest.ts'

export type WalkResource = (run: ClaimedRun, signal: AbortSignal) => Promise<void>

/**
 * Walks one claimed run to its end: ask for a token, ask Google for a page, store it with the cursor in one
 * transaction, and again. No transaction waits for Google or token-service; the next page is asked for while one is
 * stored. Whoever loses its lease stops without a trace; a process that dies leaves a run that the next one resumes at
 * its stored page.
 */
export function createWalkResource(parts: WalkParts): WalkResource {
  return async (run, signal) => {
    let fresh = false
    for (let next = await beginRun(parts, run); next !== null; ) {
      const position: Position = next
      if (signal.aborted) return parts.queue.postpone(run, 0, false)
      try {
        next = position.pass.rest
          ? await goOn(parts, run, position)
          : await walkPage(parts, run, { position, fresh })
        fresh = false
      } catch (error) {
        const obstacle = obstacleFrom(error, parts.onDefect)
        if (obstacle === 'lease_lost') return
        if (obstacle.word === 'access_token_rejected' && !fresh) {
          fresh = true
          next = { ...position, ahead: null }
        } else if (obstacle.word === 'sync_token_lost' && mayReopen(position.cursor, position.pass)) {
          next = await reopenGeneration(parts, run, position)
        } else return settle(parts, run, obstacle)
      }
    }
  }
}

/** null when that was the last page. */
async function walkPage(
  parts: WalkParts,
  run: ClaimedRun,
  at: { readonly position: Position; readonly fresh: boolean },
): Promise<Position | null> {
  const { store, resources, queue, clock, crashPoint } = parts
  const { cursor, pass, metadata } = at.position
  const ask = await askGoogle(parts, run, { fresh: at.fresh })
  const page = await (at.position.ahead ?? ask({ cursor, pass }))
  await crashPoint?.('page_fetched')
  const step = advance(cursor, pass, page.tokens)
  const ahead = step.kind === 'more' ? ask(step) : null
  // Its failure is heard when its turn comes, which is never if this page is not stored.
  ahead?.catch(() => undefined)
  const position = await store.transaction(async (unit) => {
    const resource = await resources.lock(unit, run.resourceId)
    if (resource.removed || closingOf(resource)) {
      await finishRun(unit, run, { status: 'done', mode: pass.mode }, { queue, clock, actor })
      return null
    }
    if (await page.isUnbelievable(unit, step)) {
      const again = lookAgain(cursor, pass)
      await queue.progress(unit, run, { counts: onePage, mode: 'full', leaseMs: parts.leaseMs })
      await savePass(unit, parts, { resource, begun: again, metadata })
      return { ...again, metadata, ahead: null }
    }
    const context = { resource, step, at: clock.now(), metadata, sliceRows: parts.sliceRows }
    const { counts, step: reached, widenTo } = await page.store(unit, context)
    await crashPoint?.('page_stored')
    const { mode } = pass
    if (reached.kind === 'more') {
      await queue.progress(unit, run, { counts, mode, leaseMs: parts.leaseMs })
      await resources.saveCursor(unit, run.resourceId, reached.cursor)
      return { ...reached, metadata, ahead }
    }
    const { counts: all, waiting } = await queue.complete(unit, run, { counts, mode, cursor: reached.cursor })
    await widen(unit, parts, { run, resourceIds: widenTo })
    const outcome = { status: 'synced', mode, counts: all } as const
    await tellFinished(unit, waiting, { resourceId: run.resourceId, outcome }, { clock, actor })
    return null
  })
  await crashPoint?.('page_committed')
  return position
}

/** Takes the next slice of what is left when there are no more pages. */
async function goOn(parts: WalkParts, run: ClaimedRun, { metadata }: Position): Promise<Position | null> {
  const { resources, queue, clock } = parts
  const finish: WalkRestParts['finish'] = async (unit, { mode, synced, widenTo }) => {
    if (synced) await resources.noteSynced(unit, run.resourceId)
    await widen(unit, parts, { run, resourceIds: widenTo })
    await finishRun(unit, run, { status: 'done', mode }, { queue, clock, actor })
  }
  const after = await walkRest({ ...parts, finish }, run, metadata)
  if (after === 'anew') return beginRun(parts, run)
  return after === 'ended' ? null : { ...after, metadata, ahead: null }
}

/** A list that is complete sends every sync that waited for it on to what it lists. */
async function widen(
  unit: UnitOfWork,
  { queue, ids }: WalkParts,
  on: { readonly run: ClaimedRun; readonly resourceIds: readonly string[] },
): Promise<void> {
  const { run, resourceIds } = on
  if (resourceIds.length === 0) return
  for (const sync of await queue.waiters(unit, run.runId)) {
    const { syncId } = sync
    await tellSync(unit, sync, { type: 'WidenSync', resourceIds }, actor)
    for (const resourceId of [...resourceIds].sort()) {
      const { connectionId, mode } = run
      await queue.enqueue(unit, { runId: ids.next(), resourceId, connectionId, mode, syncId })
    }
  }
}

async function reopenGeneration(
  parts: WalkParts,
  run: ClaimedRun,
  { cursor, pass, metadata }: Position,
): Promise<Position> {
  return parts.store.transaction(async (unit) => {
    const resource = await parts.resources.lock(unit, run.resourceId)
    const mode = 'full'
    await parts.queue.progress(unit, run, { counts: noCounts, mode, leaseMs: parts.leaseMs })
    const hasRows = await parts.sources[run.kind].hasRows(unit, run.resourceId)
    const begun = reopen(cursor, pass, hasRows)
    await savePass(unit, parts, { resource, begun, metadata })
    return { ...begun, metadata, ahead: null }
  })
}

/** Waits a little and tries again, or ends the run with the reason. */
async function settle(parts: WalkParts, run: ClaimedRun, obstacle: SyncObstacle): Promise<void> {
  const { store, queue, resources, clock, random } = parts
  const retry = planAfter(obstacle, run.attempt, random())
  const reason = obstacle.word
  await store.transaction(async (unit) => {
    const resource = await resources.lock(unit, run.resourceId)
    const plan = retry ?? giveUp(resource.cursor)
    const notBeforeMs = plan.kind === 'again' ? plan.delayMs : plan.notBeforeMs
    await resources.noteFailure(unit, { resourceId: run.resourceId, reason, notBeforeMs })
    if (plan.kind === 'again') return
    if (beginsAnew.has(reason)) {
      await resources.saveCursor(unit, run.resourceId, abandonPass(resource.cursor))
    }
    await queue.progress(unit, run, { counts: noCounts, mode: run.mode, leaseMs: parts.leaseMs })
    // A calendar or drive that was taken away is no failure of the others: its list says so itself.
    const gone = reason === 'not_found' && run.resourceId !== run.connectionId
    const retryAt = new Date(clock.now().getTime() + notBeforeMs).toISOString()
    const ending = gone
      ? ({ status: 'done', mode: run.mode } as const)
      : ({ status: 'failed', reason, retryAt: obstacle.passing ? retryAt : null } as const)
    await finishRun(unit, run, ending, { queue, clock, actor })
  })
  if (retry?.kind !== 'again') return
  await queue.postpone(run, retry.delayMs, obstacle.word !== 'waiting_for_quota')
}

/** null when trying again cannot help. */
function planAfter(
  { word, passing, retryAfterSeconds }: SyncObstacle,
  attempt: number,
  random: number,
): RetryPlan | null {
  if (word === 'waiting_for_quota') {
    return { kind: 'again', delayMs: waitForQuota(retryAfterSeconds ?? 1, random) }
  }
  return passing ? planRetry({ attempt, retryAfterSeconds, random }) : null
}

/** Reasons for which the page that was reached leads nowhere: the next run walks from the first one again. */
const beginsAnew: ReadonlySet<ObstacleWord> = new Set([
  'rejected_by_google',
  'sync_token_lost',
  'google_protocol_broken',
])

/** A token that was never any good would make each try a full sync: that is not worth a minute's freshness. */
function giveUp({ unproven }: SyncCursor) {
  return { kind: 'give_up', notBeforeMs: unproven ? 3_600_000 : 60_000 } as const
}
