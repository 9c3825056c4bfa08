import type { EventTime } from './event-resource.ts'

/** Wall time as if it were UTC, so that days and weeks can be counted without a zone. */
export type WallMs = number

const formats = new Map<string, Intl.DateTimeFormat>()

function formatFor(timeZone: string): Intl.DateTimeFormat {
  const existing = formats.get(timeZone)
  if (existing) return existing
  const created = new Intl.DateTimeFormat('en-US', { ...wallParts, timeZone })
  formats.set(timeZone, created)
  return created
}

const wallParts = {
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
} as const

/** Whether this machine knows the zone. */
export function isTimeZone(timeZone: string): boolean {
  try {
    formatFor(timeZone)
    return true
  } catch {
    return false
  }
}

/** Offsets change on quarter hours only, and asking Intl is slow: a calendar of 100,000 events asks a million times. */
const offsets = new Map<string, Map<number, number>>()
const quarterMs = 900_000

/** What the clock on the wall shows in a zone at an instant. */
export function wallTime(instant: number, timeZone: string): WallMs {
  const known = offsets.get(timeZone) ?? new Map<number, number>()
  offsets.set(timeZone, known)
  const quarter = Math.floor(instant / quarterMs)
  const offset = known.get(quarter) ?? wallByIntl(quarter * quarterMs, timeZone) - quarter * quarterMs
  known.set(quarter, offset)
  return Math.floor(instant / 1000) * 1000 + offset
}

function wallByIntl(instant: number, timeZone: string): WallMs {
  const parts = formatFor(timeZone).formatToParts(instant)
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value)
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
}

/** The instant at which a zone's wall shows `wall`. In a spring gap the time after it, as RFC 5545 section 3.3.5 asks. */
export function instantAt(wall: WallMs, timeZone: string): number {
  const guess = wall - (wallTime(wall, timeZone) - wall)
  const offset = wallTime(guess, timeZone) - guess
  const earlier = wallTime(wall - 86_400_000, timeZone) - (wall - 86_400_000)
  return wallTime(wall - offset, timeZone) === wall ? wall - offset : wall - earlier
}

/** Milliseconds of an event's start or end; a date begins at midnight in the calendar's zone. */
export function instantOf(time: EventTime | undefined, calendarZone: string): number | null {
  if (time?.dateTime !== undefined) {
    if (hasOffset(time.dateTime)) return Date.parse(time.dateTime)
    return instantAt(Date.parse(`${time.dateTime}Z`), time.timeZone ?? calendarZone)
  }
  return time?.date === undefined ? null : instantAt(Date.parse(`${time.date}T00:00:00Z`), calendarZone)
}

export const hasOffset = (dateTime: string) => /(Z|[+-]\d\d:\d\d)$/i.test(dateTime)

/** RFC 3339 with the zone's offset, as Google writes times. */
export function withOffset(instant: number, timeZone: string): string {
  const wall = wallTime(instant, timeZone)
  const minutes = Math.round((wall - Math.floor(instant / 1000) * 1000) / 60_000)
  const text = new Date(wall).toISOString().slice(0, 19)
  if (minutes === 0) return `${text}Z`
  const two = (value: number) => String(value).padStart(2, '0')
  const size = Math.abs(minutes)
  return `${text}${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}
