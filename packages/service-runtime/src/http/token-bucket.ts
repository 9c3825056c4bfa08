/** How many requests one caller may send: `burst` at once, and from then on one every `intervalMs`. */
export interface Allowance {
  readonly burst: number
  readonly intervalMs: number
}

/** What came of a request: the bucket as it is now, and how long until there is room for this one; 0 when it was taken. */
export interface Admission {
  readonly fullAt: number
  readonly waitMs: number
}

/** Epoch milliseconds are kept to a quarter of a microsecond; that must not cost who waited as long as they were told. */
const roundingMs = 0.005

/** A token bucket as GCRA (ITU-T I.371): the one number kept is the time at which the bucket will be full again, so nothing
 * has to refill it, and a bucket whose time has passed is as good as none.
 * @param fullAt epoch ms; anything in the past for a caller nobody remembers. */
export function takeOne({ burst, intervalMs }: Allowance, fullAt: number, now: number): Admission {
  const emptyUntilFull = burst * intervalMs
  // Never more than an empty bucket's: a clock that was set back would otherwise lock everybody out until it caught up.
  const from = Math.min(Math.max(fullAt, now), now + emptyUntilFull)
  const after = from + intervalMs
  const waitMs = after - now - emptyUntilFull
  return waitMs > roundingMs ? { fullAt: from, waitMs } : { fullAt: after, waitMs: 0 }
}
