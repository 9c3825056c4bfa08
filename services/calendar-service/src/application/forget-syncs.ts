import type { Clock } from '@evergrant/decider'
import { type ForgottenSlice, forgetOldStreams, type OldStreams } from '@evergrant/event-store'

export interface ForgetSyncsParts extends Omit<OldStreams, 'streamType'> {
  readonly clock: Clock
  /** How long the record of a sync outlives its end; 0 for ever. */
  readonly keptMs: number
  readonly onForgotten: (slice: ForgottenSlice, isLast: boolean) => void
}

// A transaction of a few hundred milliseconds; with one a second, more go in an hour than begin in one.
const sliceStreams = 1_000
const restMs = 60 * 60_000

/** Forgets the records of syncs that ended long ago, a slice at a time: the facts, what they published, and the row that
 * answers how the sync stands. The newest sync of every resource stays.
 * @returns `more` when the round is not through. */
export function createForgetSyncs(parts: ForgetSyncsParts): () => Promise<'more' | 'done'> {
  const { clock, keptMs, onForgotten } = parts
  let after: ForgottenSlice['next'] = null
  let restUntil = Number.NEGATIVE_INFINITY
  return async () => {
    const now = clock.now().getTime()
    if (keptMs === 0 || now < restUntil) return 'done'
    const before = new Date(now - keptMs)
    const slice = await forgetOldStreams(
      { ...parts, streamType: 'sync' },
      { before, after, limit: sliceStreams },
    )
    after = slice.next
    onForgotten(slice, after === null)
    if (after !== null) return 'more'
    restUntil = now + restMs
    return 'done'
  }
}
