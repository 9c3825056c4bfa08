import type { Decider } from '@evergrant/decider'
import type { SyncCounts, SyncMode } from '@evergrant/event-contracts'
import type { SyncFact, SyncScope } from './sync-facts.ts'

/**
 * One sync, as its asker sees it: requested → running → completed or failed. It covers resources that are synced
 * on their own, perhaps for several syncs at once; the sync is over when its last resource is. The calendar
 * list may widen it while it runs.
 */
export type Sync =
  | { readonly status: 'none' }
  | { readonly status: 'refused' }
  | SyncUnderWay
  | { readonly status: 'completed' | 'failed'; readonly scope: SyncScope; readonly startedAt: string | null }

export interface SyncUnderWay {
  readonly status: 'requested' | 'running'
  readonly scope: SyncScope
  readonly startedAt: string | null
  readonly open: ReadonlySet<string>
  readonly known: ReadonlySet<string>
  readonly counts: SyncCounts
  /** `full` as soon as one resource was synced in full, asked for or not. */
  readonly modeDone: SyncMode | null
  readonly failure: string | null
}

export type SyncCommand =
  | {
      readonly type: 'RequestSync'
      readonly scope: SyncScope
      readonly resourceIds: readonly string[]
      /** Why nothing can be synced; the sync then ends at once. */
      readonly impossible: string | null
      readonly now: string
    }
  | {
      readonly type: 'RefuseSync'
      readonly syncId: string
      readonly connectionId: string
      readonly reason: string
      readonly now: string
    }
  | { readonly type: 'StartSync'; readonly now: string }
  | { readonly type: 'WidenSync'; readonly resourceIds: readonly string[] }
  | {
      readonly type: 'FinishResource'
      readonly resourceId: string
      readonly outcome: ResourceOutcome
      readonly now: string
    }

export type ResourceOutcome =
  | { readonly status: 'synced'; readonly mode: SyncMode; readonly counts: SyncCounts }
  | { readonly status: 'failed'; readonly reason: string; readonly retryAt: string | null }

export const noCounts: SyncCounts = { pages: 0, upserted: 0, deleted: 0, unchanged: 0 }

export function addCounts(left: SyncCounts, right: SyncCounts): SyncCounts {
  return {
    pages: left.pages + right.pages,
    upserted: left.upserted + right.upserted,
    deleted: left.deleted + right.deleted,
    unchanged: left.unchanged + right.unchanged,
  }
}

export const syncDecider: Decider<Sync, SyncCommand, SyncFact> = {
  initialState: { status: 'none' },
  decide,
  evolve,
}

function decide(command: SyncCommand, sync: Sync): readonly SyncFact[] {
  if (command.type === 'RequestSync') return sync.status === 'none' ? request(command) : []
  if (command.type === 'RefuseSync') {
    const { syncId, connectionId, reason, now } = command
    return sync.status === 'none'
      ? [{ type: 'SyncRefused', data: { syncId, connectionId, reason, refusedAt: now } }]
      : []
  }
  if (!isUnderWay(sync)) return []
  const { syncId } = sync.scope
  if (command.type === 'StartSync') {
    return sync.status === 'requested'
      ? [{ type: 'SyncStarted', data: { syncId, startedAt: command.now } }]
      : []
  }
  if (command.type === 'WidenSync') {
    const resourceIds = command.resourceIds.filter((id) => !sync.known.has(id))
    return resourceIds.length === 0 ? [] : [{ type: 'SyncWidened', data: { syncId, resourceIds } }]
  }
  return finish(command, sync)
}

function request({ scope, resourceIds, impossible, now }: Extract<SyncCommand, { type: 'RequestSync' }>) {
  const requested: SyncFact = { type: 'SyncRequested', data: { ...scope, resourceIds, requestedAt: now } }
  if (impossible === null) return [requested]
  const { syncId, mode } = scope
  const failed: SyncFact = {
    type: 'SyncFailed',
    data: { syncId, mode, counts: noCounts, reason: impossible, retryAt: null, failedAt: now },
  }
  return [requested, failed]
}

function finish(
  { resourceId, outcome, now }: Extract<SyncCommand, { type: 'FinishResource' }>,
  sync: SyncUnderWay,
): readonly SyncFact[] {
  if (!sync.open.has(resourceId)) return []
  const { syncId } = sync.scope
  const fact: SyncFact =
    outcome.status === 'synced'
      ? { type: 'ResourceSynced', data: { syncId, resourceId, mode: outcome.mode, counts: outcome.counts } }
      : { type: 'ResourceSyncFailed', data: { syncId, resourceId, reason: outcome.reason } }
  if (sync.open.size > 1) return [fact]
  const after = evolve(sync, fact)
  if (!isUnderWay(after)) return [fact]
  const mode = after.modeDone ?? sync.scope.mode
  const { counts, failure } = after
  if (failure === null) {
    return [fact, { type: 'SyncCompleted', data: { syncId, mode, counts, completedAt: now } }]
  }
  const retryAt = outcome.status === 'failed' ? outcome.retryAt : null
  return [
    fact,
    { type: 'SyncFailed', data: { syncId, mode, counts, reason: failure, retryAt, failedAt: now } },
  ]
}

function evolve(sync: Sync, fact: SyncFact): Sync {
  if (fact.type === 'SyncRequested') {
    const { resourceIds, requestedAt: _, ...scope } = fact.data
    return {
      status: 'requested',
      scope,
      startedAt: null,
      open: new Set(resourceIds),
      known: new Set(resourceIds),
      counts: noCounts,
      modeDone: null,
      failure: null,
    }
  }
  if (fact.type === 'SyncRefused') return { status: 'refused' }
  if (!isUnderWay(sync)) return sync
  switch (fact.type) {
    case 'SyncStarted':
      return { ...sync, status: 'running', startedAt: fact.data.startedAt }
    case 'SyncWidened':
      return {
        ...sync,
        open: new Set([...sync.open, ...fact.data.resourceIds]),
        known: new Set([...sync.known, ...fact.data.resourceIds]),
      }
    case 'ResourceSynced':
      return {
        ...sync,
        open: without(sync.open, fact.data.resourceId),
        counts: addCounts(sync.counts, fact.data.counts),
        modeDone: sync.modeDone === 'full' ? 'full' : fact.data.mode,
      }
    case 'ResourceSyncFailed':
      return {
        ...sync,
        open: without(sync.open, fact.data.resourceId),
        failure: sync.failure ?? fact.data.reason,
      }
    case 'SyncCompleted':
      return { status: 'completed', scope: sync.scope, startedAt: sync.startedAt }
    case 'SyncFailed':
      return { status: 'failed', scope: sync.scope, startedAt: sync.startedAt }
    default:
      return sync
  }
}

function isUnderWay(sync: Sync): sync is SyncUnderWay {
  return sync.status === 'requested' || sync.status === 'running'
}

function without(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const rest = new Set(set)
  rest.delete(id)
  return rest
}
