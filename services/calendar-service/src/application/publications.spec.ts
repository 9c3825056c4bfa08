import { fold } from '@evergrant/decider'
import { encodeEvent, type Publication } from '@evergrant/event-contracts'
import { describe, expect, it } from 'vitest'
import { noCounts, syncDecider } from '../domain/sync.ts'
import type { SyncFact } from '../domain/sync-facts.ts'
import { changePublications, syncPublications } from './publications.ts'

const at = (second: number) => `2026-11-23T10:00:0${second}.000Z`
const syncId = '01937e1c-6c55-7000-8000-000000000003'
const one = '0b8f3c56-53d2-5f0e-8a65-3f6f9f1c2a01'
const two = '0b8f3c56-53d2-5f0e-8a65-3f6f9f1c2a02'

const requested: SyncFact = {
  type: 'SyncRequested',
  data: {
    syncId,
    userId: 'alice',
    connectionIds: [one, two],
    calendarId: null,
    mode: 'incremental',
    cause: 'user',
    resourceIds: [one, two],
    requestedAt: at(0),
  },
}
const started: SyncFact = { type: 'SyncStarted', data: { syncId, startedAt: at(1) } }
const completed: SyncFact = {
  type: 'SyncCompleted',
  data: { syncId, mode: 'full', counts: { ...noCounts, pages: 2 }, completedAt: at(3) },
}
const failed: SyncFact = {
  type: 'SyncFailed',
  data: {
    syncId,
    mode: 'full',
    counts: noCounts,
    reason: 'google_unavailable',
    retryAt: at(9),
    failedAt: at(3),
  },
}
const synced: SyncFact = {
  type: 'ResourceSynced',
  data: { syncId, resourceId: one, mode: 'full', counts: noCounts },
}

/** What leaves because of the last fact; every one of them is checked against its contract. */
function leaving(...facts: readonly SyncFact[]): readonly Publication[] {
  const last = facts.at(-1)
  const publications = last ? syncPublications(last, fold(syncDecider, facts)) : []
  publications.forEach(assertValid)
  return publications
}

function assertValid(publication: Publication): void {
  encodeEvent(publication, { source: 'calendar-service', streamId: 's', version: 1, time: at(0) })
}

describe('what leaves on the bus', () => {
  it('is a request for each connection', () => {
    const left = leaving(requested)
    expect(left.map(({ contract }) => contract.name)).toEqual(['SyncRequested', 'SyncRequested'])
    expect(left.map(({ data }) => (data as { connectionId: string }).connectionId)).toEqual([one, two])
  })

  it('is the start and the end, with how long it took', () => {
    expect(leaving(requested, started)).toMatchObject([
      { data: { startedAt: at(1), connectionIds: [one, two] } },
    ])
    expect(leaving(requested, started, completed)).toMatchObject([
      { data: { mode: 'full', durationMs: 2000, counts: { pages: 2 } } },
    ])
    expect(leaving(requested, started, failed)).toMatchObject([
      { data: { reason: 'google_unavailable', retryAt: at(9) } },
    ])
  })

  it('is nothing of how a sync gets there, and nothing of a refusal', () => {
    expect(leaving(requested, started, synced)).toEqual([])
    const data = { syncId, connectionId: one, reason: 'unknown_calendar', refusedAt: at(0) }
    expect(leaving({ type: 'SyncRefused', data })).toEqual([])
  })

  it('is every change exactly once, a hundred at a time', () => {
    const changes = Array.from({ length: 250 }, (_, nr) => ({
      eventId: `e${nr}`,
      etag: nr % 2 ? `"${nr}"` : null,
      kind: nr % 3 ? ('upserted' as const) : ('deleted' as const),
    }))
    const left = changePublications({ userId: 'alice', connectionId: one, calendarId: two }, changes, at(0))
    left.forEach(assertValid)
    const batches = left.map(({ data }) => (data as { changes: typeof changes }).changes)
    expect(batches.map(({ length }) => length)).toEqual([100, 100, 50])
    expect(batches.flat()).toEqual(changes)
    expect(changePublications({ userId: 'alice', connectionId: one, calendarId: two }, [], at(0))).toEqual([])
  })
})
