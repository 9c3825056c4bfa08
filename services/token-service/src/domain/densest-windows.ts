import type { Trouble } from './cohort.ts'

export function groupedBy(
  troubles: readonly Trouble[],
  keyOf: (trouble: Trouble) => string | null,
): Trouble[][] {
  const groups = new Map<string, Trouble[]>()
  for (const trouble of troubles) {
    const key = keyOf(trouble)
    if (key === null) continue
    const group = groups.get(key)
    if (group) group.push(trouble)
    else groups.set(key, [trouble])
  }
  return [...groups.values()]
}

/** The most that happened within one window, then the most of what is left, as long as it is enough. */
export function densestWindows(
  troubles: readonly Trouble[],
  { windowMs, atLeast }: { readonly windowMs: number; readonly atLeast: number },
): Trouble[][] {
  let rest = troubles.toSorted((a, b) => Date.parse(a.began) - Date.parse(b.began))
  const windows: Trouble[][] = []
  for (;;) {
    const { from, to } = densest(
      rest.map(({ began }) => Date.parse(began)),
      windowMs,
    )
    if (to - from < atLeast) return windows
    windows.push(rest.slice(from, to))
    rest = [...rest.slice(0, from), ...rest.slice(to)]
  }
}

function densest(times: readonly number[], windowMs: number): { readonly from: number; readonly to: number } {
  let best = { from: 0, to: 0 }
  let from = 0
  times.forEach((time, index) => {
    while (time - (times[from] ?? time) > windowMs) from += 1
    if (index + 1 - from > best.to - best.from) best = { from, to: index + 1 }
  })
  return best
}
