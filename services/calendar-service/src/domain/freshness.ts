/** Why nothing is wrong and yet nothing is fresh: consent is there and its token is not, no sync ended yet, the next is late. */
export const waitingWords = ['awaiting_token', 'never_synced', 'overdue'] as const
type WaitingWord = (typeof waitingWords)[number]

export interface SyncedState {
  readonly connectionStatus: 'expected' | 'active' | 'paused'
  readonly connectionReason: string | null
  readonly underWay: boolean
  readonly failureReason: string | null
  /** Since the last complete sync; null before the first. */
  readonly ageMs: number | null
  /** Google says when it changes. */
  readonly isWatched: boolean
}

/** From which age on a sync is overdue: where Google says what changes, an old copy is no worse than a young one. */
export interface OverdueAfter {
  readonly unwatchedMs: number
  readonly watchedMs: number
}

export interface Freshness {
  readonly status: 'fresh' | 'stale' | 'syncing' | 'paused' | 'failed'
  /** One stable word, or null when there is nothing to explain. */
  readonly reason: string | null
}

/** How far a copy can be trusted, and why. The strongest obstacle is named first. */
export function freshnessOf(state: SyncedState, overdueAfter: OverdueAfter): Freshness {
  if (state.connectionStatus !== 'active') return { status: 'paused', reason: state.connectionReason }
  if (state.underWay) return { status: 'syncing', reason: state.failureReason }
  if (state.failureReason !== null) return { status: 'failed', reason: state.failureReason }
  if (state.ageMs === null) return { status: 'stale', reason: 'never_synced' satisfies WaitingWord }
  return state.ageMs > (state.isWatched ? overdueAfter.watchedMs : overdueAfter.unwatchedMs)
    ? { status: 'stale', reason: 'overdue' satisfies WaitingWord }
    : { status: 'fresh', reason: null }
}
