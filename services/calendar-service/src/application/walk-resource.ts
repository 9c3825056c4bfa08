import { type Clock, DomainError, type Ids } from '@evergrant/decider'
import {
  type Actor,
  type EventStore,
  type FactMetadata,
  isSchemaError,
  type UnitOfWork,
} from '@evergrant/event-store'
import { resourceStream } from '../domain/resource-facts.ts'
import { planRetry, type RetryPlan, waitForQuota } from '../domain/retry-plan.ts'
import { noCounts } from '../domain/sync.ts'
import {
  abandonPass,
  advance,
  type BegunPass,
  beginPass,
  lookAgain,
  mayReopen,
  nextRequest,
  type Pass,
  reopen,
  type SyncCursor,
} from '../domain/sync-cursor.ts'
import { type ObstacleWord, SyncObstacle } from '../domain/sync-obstacle.ts'
import { isWholeDue } from '../domain/whole-list.ts'
import type { Allowances } from './allowances.ts'
import { finishRun, tellSync } from './finish-run.ts'
import type { AccessTokens, ClaimedRun, Resources, RunQueue, SyncedResource } from './ports.ts'
import type { FetchedPage, Sources } from './sources.ts'
import { onePage, record } from './store-page.ts'

export interface WalkParts {
  readonly store: EventStore
  readonly tokens: AccessTokens
  readonly sources: Sources
  readonly allowances: Allowances
  readonly resources: Resources
  readonly queue: RunQueue
  readonly clock: Clock
  readonly ids: Ids
  /** In [0, 1), for jitter. */
  readonly random: () => number
  readonly leaseMs: number
  readonly onDefect: (error: unknown) => void
  /** A hook for failure tests: called between the steps of a page. */
  readonly crashPoint?: (name: string) => void | Promise<void>
}

interface Position {
  /** Facts about the copy go back to the first request that waits for the run. */
  readonly metadata: FactMetadata
  readonly cursor: SyncCursor
  readonly pass: Pass
  /** The page that comes next, when it was asked for while the one before was stored. */
  readonly ahead: Promise<FetchedPage> | null
}

const actor: Actor = { kind: 'google' }

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
    for (let next = await begin(parts, run); next !== null; ) {
      const position: Position = next
      if (signal.aborted) return parts.queue.postpone(run, 0, false)
      try {
        next = await walkPage(parts, run, { position, fresh })
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

/** What nobody foresaw, an unreachable database included, is tried again like an outage, and reported. */
function obstacleFrom(error: unknown, onDefect: (error: unknown) => void): SyncObstacle | 'lease_lost' {
  if (error instanceof SyncObstacle) return error
  if (error instanceof DomainError) {
    if (error.code === 'lease_lost') return 'lease_lost'
    if (error.code === 'google_protocol_broken') {
      return new SyncObstacle(
        { word: 'google_protocol_broken', passing: true, retryAfterSeconds: null },
        error,
      )
    }
  }
  onDefect(error)
  if (isSchemaError(error)) {
    return new SyncObstacle({ word: 'schema_drift', passing: true, retryAfterSeconds: null }, error)
  }
  return new SyncObstacle({ word: 'internal_error', passing: true, retryAfterSeconds: null }, error)
}

async function begin(parts: WalkParts, run: ClaimedRun): Promise<Position | null> {
  const { store, queue, resources, clock } = parts
  const source = parts.sources[run.kind]
  return store.transaction(async (unit) => {
    await queue.progress(unit, run, { counts: noCounts, mode: run.mode, leaseMs: parts.leaseMs })
    const resource = await resources.lock(unit, run.resourceId)
    const now = clock.now().toISOString()
    const syncs = await queue.waiters(unit, run.runId)
    for (const sync of syncs) await tellSync(unit, sync, { type: 'StartSync', now }, actor)
    const { correlationId = run.runId, traceparent = null } = syncs[0] ?? {}
    const metadata = { actor, correlationId, ...(traceparent === null ? {} : { traceparent }) }
    if (resource.removed) {
      await finishRun(unit, run, { status: 'done', mode: run.mode }, { queue, clock, actor })
      return null
    }
    const begun = beginPass(resource.cursor, {
      mode: isWholeDue(resource, clock.now()) ? 'full' : run.mode,
      queryHash: source.queryHash,
      hasRows: await source.hasRows(unit, run.resourceId),
    })
    await savePass(unit, parts, { resource, begun, metadata })
    return { ...begun, metadata, ahead: null }
  })
}

async function savePass(
  unit: UnitOfWork,
  { resources, sources }: WalkParts,
  opening: { readonly resource: SyncedResource; readonly begun: BegunPass; readonly metadata: FactMetadata },
): Promise<void> {
  const { resource, begun, metadata } = opening
  const { resourceId, kind } = resource
  await resources.saveCursor(unit, resourceId, begun.cursor)
  if (begun.opened === null) return
  await sources[kind].discardStaged(unit, resourceId)
  const data = { resourceId, generation: begun.pass.generation, reason: begun.opened }
  await record(unit, resourceStream(kind, resourceId), {
    facts: [{ type: 'GenerationOpened', data }],
    publications: [],
    metadata,
  })
}

/** null when that was the last page. */
async function walkPage(
  parts: WalkParts,
  run: ClaimedRun,
  at: { readonly position: Position; readonly fresh: boolean },
): Promise<Position | null> {
  const { store, tokens, allowances, resources, queue, clock, crashPoint } = parts
  const { cursor, pass, metadata } = at.position
  const source = parts.sources[run.kind]
  const accessToken = await tokens.get(run.connectionId, { fresh: at.fresh, service: source.service })
  const allowance = allowances(source.service, run.connectionId)
  const ask = (from: Pick<Position, 'cursor' | 'pass'>) =>
    source.fetch(run, { accessToken, allowance, ...nextRequest(from.cursor, from.pass) })
  const page = await (at.position.ahead ?? ask({ cursor, pass }))
  await crashPoint?.('page_fetched')
  const step = advance(cursor, pass, page.tokens)
  const ahead = step.kind === 'more' ? ask(step) : null
  // Its failure is heard when its turn comes, which is never if this page is not stored.
  ahead?.catch(() => undefined)
  const position = await store.transaction(async (unit) => {
    const resource = await resources.lock(unit, run.resourceId)
    if (resource.removed) {
      await finishRun(unit, run, { status: 'done', mode: pass.mode }, { queue, clock, actor })
      return null
    }
    if (await page.isUnbelievable(unit, step)) {
      const again = lookAgain(cursor, pass)
      await queue.progress(unit, run, { counts: onePage, mode: 'full', leaseMs: parts.leaseMs })
      await savePass(unit, parts, { resource, begun: again, metadata })
      return { ...again, metadata, ahead: null }
    }
    const { counts, widenTo } = await page.store(unit, { resource, step, at: clock.now(), metadata })
    await crashPoint?.('page_stored')
    await queue.progress(unit, run, { counts, mode: pass.mode, leaseMs: parts.leaseMs })
    await resources.saveCursor(unit, run.resourceId, step.cursor)
    if (step.kind === 'more') return { ...step, metadata, ahead }
    await resources.noteSynced(unit, run.resourceId)
    await widen(unit, parts, { run, resourceIds: widenTo })
    const { mode } = pass
    await finishRun(unit, run, { status: 'done', mode }, { queue, clock, actor })
    return null
  })
  await crashPoint?.('page_committed')
  return position
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
