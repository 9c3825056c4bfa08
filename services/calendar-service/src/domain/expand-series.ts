import {
  eventTime,
  type GoogleEvent,
  instantOfTime,
  recurrenceOf,
  textOf,
  wallOfTime,
} from './google-event.ts'
import { type RecurrenceLines, type Rule, readRecurrence } from './recurrence-lines.ts'
import { instantOf, offsetTime, usableZone, type WallMs } from './zoned-time.ts'

/** Steps one RRULE, without UNTIL, through wall clock time: a weekly meeting stays at nine over a DST change. What is
 * before `from` may be left out, so that a daily series of thirty years is not counted through for every reader. */
export type StepRule = (rule: string, start: RuleStart) => Iterable<WallMs>

export interface RuleStart {
  readonly wall: WallMs
  readonly allDay: boolean
  readonly from: WallMs
}

export interface Window {
  readonly fromMs: number
  readonly toMs: number
  /** Leaves out what began earlier, for the pages after the first. */
  readonly startsFromMs?: number
}

export interface Occurrence {
  readonly startMs: number
  readonly event: GoogleEvent
}

export interface Series {
  readonly master: GoogleEvent
  /** Slots that an exception, moved or cancelled, has taken: wall for whole days, else the instant. */
  readonly takenSlots: ReadonlySet<number>
  readonly calendarZone: string
}

// A daily rule since 1900 has 46,000 steps; anything beyond is a rule no person made.
const mostSteps = 60_000

/** The occurrences of a master that overlap `[fromMs, toMs)`, oldest first, without those an exception stands for. */
export function expandSeries(series: Series, window: Window, step: StepRule, limit: number): Occurrence[] {
  const { master, calendarZone } = series
  const start = eventTime(master.start, calendarZone)
  const end = eventTime(master.end, calendarZone)
  if (start === null) return []
  const zone = start.allDay ? usableZone(calendarZone) : start.zone
  const shape: Shape = {
    master,
    allDay: start.allDay,
    zone,
    // RFC 5545, 3.8.5.3: an end given as a time makes the exact duration that of every occurrence.
    lengthMs: end === null ? 0 : Math.max(0, duration(start, end, calendarZone)),
    endZone: end === null || end.allDay ? zone : end.zone,
  }
  const lines = readRecurrence(recurrenceOf(master), { allDay: start.allDay, zone })
  const startWall = wallOfTime(start)
  const from = window.fromMs - shape.lengthMs - 86_400_000
  const found: Occurrence[] = []
  for (const key of slots(lines, shape, startWall, { fromMs: from, toMs: window.toMs }, step)) {
    if (series.takenSlots.has(key)) continue
    const startMs = shape.allDay ? instantOf(key, zone) : key
    const endMs = shape.allDay ? instantOf(key + shape.lengthMs, zone) : key + shape.lengthMs
    const overlaps =
      startMs < window.toMs && (endMs > window.fromMs || (endMs === startMs && startMs >= window.fromMs))
    if (!overlaps || startMs < (window.startsFromMs ?? startMs)) continue
    found.push({ startMs, event: instanceOf(shape, key) })
    if (found.length >= limit) break
  }
  return found
}

interface Shape {
  readonly master: GoogleEvent
  readonly allDay: boolean
  readonly zone: string
  readonly endZone: string
  readonly lengthMs: number
}

function duration(
  start: NonNullable<ReturnType<typeof eventTime>>,
  end: NonNullable<ReturnType<typeof eventTime>>,
  calendarZone: string,
): number {
  if (start.allDay && end.allDay) return end.wall - start.wall
  return instantOfTime(end, calendarZone) - instantOfTime(start, calendarZone)
}

function slots(
  lines: RecurrenceLines,
  shape: Shape,
  startWall: WallMs,
  window: Window,
  step: StepRule,
): number[] {
  const keys = new Set(lines.additions)
  // RDATE alone adds to the first date; a rule already brings it.
  if (lines.rules.length === 0) keys.add(keyOf(startWall, shape))
  for (const rule of lines.rules)
    for (const key of stepped(rule, shape, startWall, window, step)) keys.add(key)
  for (const rule of lines.exclusionRules) {
    for (const key of stepped(rule, shape, startWall, window, step)) keys.delete(key)
  }
  for (const key of lines.exclusions) keys.delete(key)
  return [...keys].sort((left, right) => left - right)
}

function* stepped(
  rule: Rule,
  shape: Shape,
  startWall: WallMs,
  window: Window,
  step: StepRule,
): Generator<number> {
  let steps = 0
  const from = window.fromMs - 86_400_000
  for (const wall of step(rule.text, { wall: startWall, allDay: shape.allDay, from })) {
    // Walls and instants differ by less than a day, so most steps need no zone arithmetic.
    if (++steps > mostSteps || wall - 86_400_000 >= window.toMs) return
    if (wall < from) continue
    const key = keyOf(wall, shape)
    if (rule.until !== null && key > rule.until) return
    yield key
  }
}

function keyOf(wall: WallMs, shape: Shape): number {
  return shape.allDay ? wall : instantOf(wall, shape.zone)
}

/** An occurrence as Google's own events.instances gives it. */
function instanceOf(shape: Shape, key: number): GoogleEvent {
  const { recurrence: _, ...rest } = shape.master
  const compact = new Date(key).toISOString().replaceAll(/[-:]/g, '')
  const start = pointOf(shape, key, shape.zone)
  return {
    ...rest,
    id: `${textOf(shape.master, 'id')}_${shape.allDay ? compact.slice(0, 8) : `${compact.slice(0, 15)}Z`}`,
    recurringEventId: shape.master.id,
    originalStartTime: start,
    start,
    end: pointOf(shape, key + shape.lengthMs, shape.endZone),
  }
}

function pointOf(shape: Shape, key: number, zone: string): Record<string, string> {
  return shape.allDay
    ? { date: new Date(key).toISOString().slice(0, 10) }
    : { dateTime: offsetTime(key, zone), timeZone: zone }
}
