/** Milliseconds of a wall clock's reading, as if its zone were UTC. */
export type WallMs = number

const formats = new Map<string, Intl.DateTimeFormat | null>()

function formatOf(zone: string): Intl.DateTimeFormat | null {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const made = makeFormat(zone)
  formats.set(zone, made)
  return made
}

function makeFormat(zone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch (error) {
    // A legacy or invented zone name is data, not a defect: the caller falls back to the calendar's zone.
    if (error instanceof RangeError) return null
    throw error
  }
}

/** The first zone that exists; UTC when none does. */
export function usableZone(...zones: readonly (string | null | undefined)[]): string {
  return zones.find((zone): zone is string => !!zone && formatOf(zone) !== null) ?? 'UTC'
}

/** What a clock on the wall in `zone` shows at an instant. */
export function wallOf(instantMs: number, zone: string): WallMs {
  const format = formatOf(zone)
  if (format === null || zone === 'UTC') return instantMs
  const part: Record<string, number> = {}
  for (const { type, value } of format.formatToParts(instantMs)) part[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

const dayMs = 86_400_000

/** When a clock in `zone` shows a reading. A reading that happens twice is the first of the two; one that is
 * skipped is taken with the offset before the gap (RFC 5545, 3.3.5). */
export function instantOf(wall: WallMs, zone: string): number {
  const before = wallOf(wall - dayMs, zone) - (wall - dayMs)
  const after = wallOf(wall + dayMs, zone) - (wall + dayMs)
  if (before === after) return wall - before
  const early = wall - before
  if (wallOf(early, zone) === wall) return early
  const late = wall - after
  return wallOf(late, zone) === wall ? late : early
}

/** RFC 3339 with the zone's own offset, the way Google writes a `dateTime`. */
export function offsetTime(instantMs: number, zone: string): string {
  const wall = wallOf(instantMs, zone)
  const minutes = Math.round((wall - instantMs) / 60_000)
  const digits = new Date(wall).toISOString().slice(0, 19)
  if (minutes === 0) return `${digits}Z`
  const two = (value: number) => String(value).padStart(2, '0')
  const size = Math.abs(minutes)
  return `${digits}${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}
