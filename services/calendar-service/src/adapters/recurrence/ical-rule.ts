import ICAL from 'ical.js'
import type { StepRule } from '../../domain/expand-series.ts'

/** Steps an RRULE with ical.js in floating time: the walls are exact, zones are the domain's business. */
export const stepWithIcal: StepRule = function* (rule, { wall, allDay, from }) {
  const at = new Date(skipAhead(rule, wall, from))
  const first = ICAL.Time.fromData({
    year: at.getUTCFullYear(),
    month: at.getUTCMonth() + 1,
    day: at.getUTCDate(),
    hour: at.getUTCHours(),
    minute: at.getUTCMinutes(),
    second: at.getUTCSeconds(),
    isDate: allDay,
  })
  const steps = iteratorOf(rule, first)
  for (let next = steps?.next(); next; next = steps?.next()) {
    yield Date.UTC(next.year, next.month - 1, next.day, next.hour, next.minute, next.second)
  }
}

const dayMs = 86_400_000

/** A start nearer to `from` in the same rhythm. Whole intervals of days or weeks change neither weekday nor phase; months
 * have no fixed length but few steps, and a COUNT has to be counted. */
function skipAhead(rule: string, wall: number, from: number): number {
  const days = /\bFREQ=DAILY\b/i.test(rule) ? 1 : /\bFREQ=WEEKLY\b/i.test(rule) ? 7 : 0
  if (days === 0 || /\bCOUNT=/i.test(rule) || from <= wall) return wall
  const interval = Math.max(1, Number(/\bINTERVAL=(\d+)/i.exec(rule)?.[1] ?? 1))
  const rhythmMs = days * interval * dayMs
  return wall + Math.max(0, Math.floor((from - wall) / rhythmMs) - 1) * rhythmMs
}

function iteratorOf(rule: string, first: ICAL.Time): ICAL.RecurIterator | null {
  try {
    return ICAL.Recur.fromString(rule).iterator(first)
  } catch {
    // A rule nobody can read belongs to one event: it is stored and shown as master, and has no occurrences.
    return null
  }
}
