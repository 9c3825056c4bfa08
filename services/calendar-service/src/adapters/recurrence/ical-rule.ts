import ICAL from 'ical.js'
import type { StepRule } from '../../domain/expand-series.ts'

/** Steps an RRULE with ical.js in floating time: the walls are exact, zones are the domain's business. */
export const stepWithIcal: StepRule = function* (rule, start, allDay) {
  const at = new Date(start)
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

function iteratorOf(rule: string, first: ICAL.Time): ICAL.RecurIterator | null {
  try {
    return ICAL.Recur.fromString(rule).iterator(first)
  } catch {
    // A rule nobody can read belongs to one event: it is stored and shown as master, and has no occurrences.
    return null
  }
}
