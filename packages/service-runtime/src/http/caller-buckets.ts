import { type Allowance, takeOne } from './token-bucket.ts'

/** The buckets of all callers of one class. */
export interface CallerBuckets {
  readonly size: number
  /** Takes one from the caller's bucket.
   * @returns how long to wait when it is empty (nothing is taken then), or 0. */
  take(caller: string, now: number): number
}

const mostCallers = 10_000
/** How many buckets a newcomer looks at. */
const looksAt = 8

/** Remembers at most `most` callers. Each newcomer looks at a few buckets and drops those that are full again, which loses
 * nothing. When there is still no room, the fullest of them is forgotten, or the newcomer where theirs is fuller: made-up
 * callers cannot have a greedy one forgotten, and nobody is turned away for lack of room. */
export function createCallerBuckets(allowance: Allowance, most = mostCallers): CallerBuckets {
  const fullAt = new Map<string, number>()
  let hand = fullAt.entries()
  // Further ahead than an empty bucket can be: what was noted before the clock was set back would fill the table for hours.
  const impossibleMs = 2 * allowance.burst * allowance.intervalMs

  const remember = (newcomer: string, newcomerFullAt: number, now: number) => {
    let fullest: string | undefined
    let fullestAt = Number.POSITIVE_INFINITY
    for (let looks = 0; looks < looksAt; looks++) {
      let at = hand.next()
      if (at.done) {
        hand = fullAt.entries()
        at = hand.next()
      }
      if (at.done) break
      const [caller, time] = at.value
      if (time <= now || time > now + impossibleMs) fullAt.delete(caller)
      else if (time < fullestAt) {
        fullest = caller
        fullestAt = time
      }
    }
    if (fullAt.size >= most) {
      if (fullest === undefined || fullestAt > newcomerFullAt) return
      fullAt.delete(fullest)
    }
    fullAt.set(newcomer, newcomerFullAt)
  }

  return {
    get size() {
      return fullAt.size
    },
    take: (caller, now) => {
      const known = fullAt.get(caller)
      const admission = takeOne(allowance, known ?? 0, now)
      if (known === undefined) remember(caller, admission.fullAt, now)
      else fullAt.set(caller, admission.fullAt)
      return admission.waitMs
    },
  }
}
