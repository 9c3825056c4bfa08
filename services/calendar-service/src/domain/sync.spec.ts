import { specification } from '@evergrant/decider/testing'
import { describe, expect, it } from 'vitest'
import { noCounts, type SyncCommand, syncDecider } from './sync.ts'
import type { SyncFact, SyncScope } from './sync-facts.ts'

const now = '2026-11-23T10:00:00.000Z'
const scope: SyncScope = {
  syncId: 's1',
  userId: 'alice',
  connectionIds: ['c1'],
  calendarId: null,
  mode: 'incremental',
  cause: 'user',
}
const requested: SyncFact = {
  type: 'SyncRequested',
  data: { ...scope, resourceIds: ['list'], requestedAt: now },
}
const started: SyncFact = { type: 'SyncStarted', data: { syncId: 's1', startedAt: now } }
const widened: SyncFact = { type: 'SyncWidened', data: { syncId: 's1', resourceIds: ['a', 'b'] } }
const counts = { pages: 1, upserted: 2, deleted: 1, unchanged: 3 }
const synced = (resourceId: string, mode: 'full' | 'incremental' = 'incremental'): SyncFact => ({
  type: 'ResourceSynced',
  data: { syncId: 's1', resourceId, mode, counts },
})
const failed = (resourceId: string, reason: string): SyncFact => ({
  type: 'ResourceSyncFailed',
  data: { syncId: 's1', resourceId, reason },
})
const request: SyncCommand = { type: 'RequestSync', scope, resourceIds: ['list'], impossible: null, now }
const finish = (resourceId: string, mode: 'full' | 'incremental' = 'incremental'): SyncCommand => ({
  type: 'FinishResource',
  resourceId,
  outcome: { status: 'synced', mode, counts },
  now,
})
const { given } = specification(syncDecider)

describe('a sync', () => {
  it('begins as requested', () => given().when(request).then(requested))
  it('is requested once, however often the request is delivered', () =>
    given(requested).when(request).changesNothing())
  it('ends at once with the reason when nothing can be synced', () => {
    const data = {
      syncId: 's1',
      mode: 'incremental',
      counts: noCounts,
      retryAt: null,
      failedAt: now,
    } as const
    given()
      .when({ ...request, impossible: 'needs_reauthorization' })
      .then(requested, { type: 'SyncFailed', data: { ...data, reason: 'needs_reauthorization' } })
  })
  it('starts once', () => {
    given(requested).when({ type: 'StartSync', now }).then(started)
    given(requested, started).when({ type: 'StartSync', now }).changesNothing()
  })
  it('waits for every resource it was widened to', () =>
    given(requested, started, widened).when(finish('list')).then(synced('list')))
  it('is widened only to what it does not cover yet', () => {
    given(requested, started, widened)
      .when({ type: 'WidenSync', resourceIds: ['a', 'c'] })
      .then({ type: 'SyncWidened', data: { syncId: 's1', resourceIds: ['c'] } })
    given(requested, widened)
      .when({ type: 'WidenSync', resourceIds: ['a'] })
      .changesNothing()
  })
  it('completes with its last resource, adding up what all of them moved', () =>
    given(requested, started, widened, synced('list'), synced('a', 'full'))
      .when(finish('b'))
      .then(synced('b'), {
        type: 'SyncCompleted',
        data: {
          syncId: 's1',
          mode: 'full',
          counts: { pages: 3, upserted: 6, deleted: 3, unchanged: 9 },
          completedAt: now,
        },
      }))
  it('fails with the first reason when any resource failed, keeping the counts of the others', () =>
    given(requested, started, widened, synced('list'), failed('a', 'forbidden'))
      .when(finish('b'))
      .then(synced('b'), {
        type: 'SyncFailed',
        data: {
          syncId: 's1',
          mode: 'incremental',
          counts: { pages: 2, upserted: 4, deleted: 2, unchanged: 6 },
          reason: 'forbidden',
          retryAt: null,
          failedAt: now,
        },
      }))
  it('says when it is tried again', () => {
    const outcome = {
      status: 'failed',
      reason: 'quota_exhausted',
      retryAt: '2026-11-23T11:00:00.000Z',
    } as const
    const state = [requested, started].reduce(syncDecider.evolve, syncDecider.initialState)
    const facts = syncDecider.decide({ type: 'FinishResource', resourceId: 'list', outcome, now }, state)
    expect(facts.at(-1)?.data).toMatchObject({ reason: 'quota_exhausted', retryAt: outcome.retryAt })
  })
  it('counts a resource once', () =>
    given(requested, started, widened, synced('list')).when(finish('list')).changesNothing())
  it('stays as it ended', () => {
    const data = { syncId: 's1', mode: 'incremental', counts, completedAt: now } as const
    const completed: SyncFact = { type: 'SyncCompleted', data }
    given(requested, started, synced('list'), completed).when(finish('list')).changesNothing()
    given(requested, started, synced('list'), completed).when({ type: 'StartSync', now }).changesNothing()
  })
  it('is refused once, and stays refused', () => {
    const refuse: SyncCommand = {
      type: 'RefuseSync',
      syncId: 's1',
      connectionId: 'c9',
      reason: 'unknown',
      now,
    }
    const refused: SyncFact = {
      type: 'SyncRefused',
      data: { syncId: 's1', connectionId: 'c9', reason: 'unknown', refusedAt: now },
    }
    given().when(refuse).then(refused)
    given(refused).when(refuse).changesNothing()
    given(refused).when(finish('list')).changesNothing()
  })
})
