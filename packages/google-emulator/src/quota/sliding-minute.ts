/** What was spent within the last minute, and the most that ever was. */
export interface SlidingMinute {
  spent(now: number): number
  spend(units: number, now: number): void
  peak(): number
}

const minuteMs = 60_000

/** An empty minute; times are milliseconds and may jump, for the emulator's clock can be moved. */
export function createSlidingMinute(): SlidingMinute {
  let spendings: { readonly at: number; readonly units: number }[] = []
  let sum = 0
  let peak = 0

  function spent(now: number): number {
    const firstInside = spendings.findIndex(({ at }) => at > now - minuteMs)
    const left = firstInside === -1 ? spendings.splice(0) : spendings.splice(0, firstInside)
    for (const { units } of left) sum -= units
    // A clock that was set back leaves spendings of the future behind: they are no part of this minute.
    if ((spendings.at(-1)?.at ?? now) > now) {
      spendings = spendings.filter(({ at }) => at <= now)
      sum = spendings.reduce((total, { units }) => total + units, 0)
    }
    return sum
  }

  return {
    spent,
    spend(units, now) {
      const before = spent(now)
      spendings.push({ at: now, units })
      sum = before + units
      peak = Math.max(peak, sum)
    },
    peak: () => peak,
  }
}
