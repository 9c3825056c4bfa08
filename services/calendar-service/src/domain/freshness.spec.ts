import { describe, expect, it } from 'vitest'
import { freshnessOf, type SyncedState } from './freshness.ts'

const state: SyncedState = {
  connectionStatus: 'active',
  connectionReason: null,
  underWay: false,
  failureReason: null,
  ageMs: 1000,
  isWatched: false,
}

describe('how fresh a copy is', () => {
  it.each([
    [{}, { status: 'fresh', reason: null }],
    [{ ageMs: 5000 }, { status: 'stale', reason: 'overdue' }],
    [
      { ageMs: 5000, isWatched: true },
      { status: 'fresh', reason: null },
    ],
    [
      { ageMs: 9001, isWatched: true },
      { status: 'stale', reason: 'overdue' },
    ],
    [{ ageMs: null }, { status: 'stale', reason: 'never_synced' }],
    [{ failureReason: 'quota_exhausted' }, { status: 'failed', reason: 'quota_exhausted' }],
    [
      { underWay: true, failureReason: 'google_unavailable' },
      { status: 'syncing', reason: 'google_unavailable' },
    ],
    [
      { connectionStatus: 'paused' as const, connectionReason: 'revoked_at_google', underWay: true },
      { status: 'paused', reason: 'revoked_at_google' },
    ],
  ])('is told with the strongest reason: %j', (changed, freshness) => {
    expect(freshnessOf({ ...state, ...changed }, { unwatchedMs: 3000, watchedMs: 9000 })).toEqual(freshness)
  })
})
