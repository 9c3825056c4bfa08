/** What one budget spent, second by second; `spent[s % spent.length]` is second `s`, and what is older is 0. */
export interface Window {
  readonly spent: readonly number[]
  /** The newest second it knows, since 1970. */
  readonly second: number
  readonly limit: number
}

/** What has to be free for so many units. Of a limit that is hardly more, or even less, than what is asked for at once, most of
 * it: all of it may never be free, and the call would never be sent. */
export function roomFor(units: number, limit: number): number {
  return Math.min(units, Math.ceil(limit * 0.75))
}

/** Seconds until `units` fit into all windows, when nobody else spends meanwhile. */
export function secondsUntilRoom(windows: readonly Window[], units: number): number {
  return Math.max(0, ...windows.map((window) => secondsUntil(window, units)))
}

function secondsUntil({ spent, second, limit }: Window, units: number): number {
  const most = limit - roomFor(units, limit)
  let used = spent.reduce((sum, each) => sum + each, 0)
  for (let passed = 0; passed < spent.length; passed++) {
    if (used <= most) return passed
    // The slot that the next second takes over is the oldest.
    used -= spent[(second + passed + 1) % spent.length] ?? 0
  }
  return spent.length
}
