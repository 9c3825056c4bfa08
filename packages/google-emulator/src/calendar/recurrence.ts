import { instantAt, wallTime } from './event-time.ts'

interface Series {
  readonly firstWall: number
  readonly zone: string
  readonly allDay: boolean
}

interface Rule {
  readonly freq: string
  readonly interval: number
  readonly count: number
  readonly until: number
  readonly byDay: readonly { readonly nth: number; readonly weekday: number }[]
  readonly byMonthDay: readonly number[]
  readonly byMonth: readonly number[]
  readonly bySetPos: readonly number[]
  readonly weekStart: number
}

const dayMs = 86_400_000
const weekdays = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA']
const lastYear = 2100

/** The wall times of a series in order: RRULE and RDATE together, without EXDATE (RFC 5545 section 3.8.5). */
export function* recurrenceWalls(lines: readonly string[], series: Series): Generator<number> {
  const excluded = new Set(datesOf(lines, 'EXDATE', series))
  const sources = lines
    .filter((line) => line.startsWith('RRULE:'))
    .map((line) => ruleWalls(parseRule(line, series), series))
  const extra = [...datesOf(lines, 'RDATE', series)].toSorted((a, b) => a - b)
  const all = [...sources, extra.values(), ...(sources.length === 0 ? [[series.firstWall].values()] : [])]
  let previous = Number.NaN
  for (const wall of inOrder(all)) {
    if (wall !== previous && !excluded.has(wall)) yield wall
    previous = wall
  }
}

function* inOrder(sources: readonly Iterator<number>[]): Generator<number> {
  const heads = sources.map((source) => ({ source, head: source.next() }))
  for (;;) {
    let least: (typeof heads)[number] | undefined
    for (const one of heads) {
      if (!one.head.done && (least === undefined || one.head.value < (least.head.value as number)))
        least = one
    }
    if (least === undefined) return
    yield least.head.value as number
    least.head = least.source.next()
  }
}

function parseRule(line: string, series: Series): Rule {
  const parts = new Map(
    line
      .slice('RRULE:'.length)
      .split(';')
      .map((part) => {
        const [name = '', value = ''] = part.split('=')
        return [name.toUpperCase(), value.toUpperCase()] as const
      }),
  )
  const numbers = (name: string) => (parts.get(name)?.split(',') ?? []).map(Number)
  const until = parts.get('UNTIL')
  return {
    freq: parts.get('FREQ') ?? '',
    interval: Math.max(1, Number(parts.get('INTERVAL') ?? 1)),
    count: Number(parts.get('COUNT') ?? Number.POSITIVE_INFINITY),
    until: until === undefined ? Number.POSITIVE_INFINITY : untilWall(until, series),
    byDay: (parts.get('BYDAY')?.split(',') ?? []).map((day) => ({
      nth: Number(day.slice(0, -2) || 0),
      weekday: weekdays.indexOf(day.slice(-2)),
    })),
    byMonthDay: numbers('BYMONTHDAY'),
    byMonth: numbers('BYMONTH'),
    bySetPos: numbers('BYSETPOS'),
    weekStart: weekdays.indexOf(parts.get('WKST') ?? 'MO'),
  }
}

/** UNTIL is inclusive; a bare date on a timed series covers that whole day. */
function untilWall(text: string, series: Series): number {
  const wall = stampWall(text, series)
  return text.length === 8 && !series.allDay ? wall + dayMs - 1 : wall
}

function stampWall(text: string, series: Series): number {
  const digits = text.replaceAll(/\D/g, '').padEnd(14, '0')
  const at = Date.UTC(
    Number(digits.slice(0, 4)),
    Number(digits.slice(4, 6)) - 1,
    Number(digits.slice(6, 8)),
    Number(digits.slice(8, 10)),
    Number(digits.slice(10, 12)),
    Number(digits.slice(12, 14)),
  )
  return text.endsWith('Z') && !series.allDay ? wallTime(at, series.zone) : at
}

function datesOf(lines: readonly string[], name: 'EXDATE' | 'RDATE', series: Series): number[] {
  return lines
    .filter((line) => line.startsWith(name))
    .flatMap((line) => {
      const [head = '', values = ''] = [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]
      const zone = /TZID=([^;:]+)/.exec(head)?.[1] ?? series.zone
      return values.split(',').map((value) => {
        const wall = stampWall(value, series)
        return value.endsWith('Z') || zone === series.zone
          ? wall
          : wallTime(instantAt(wall, zone), series.zone)
      })
    })
}

function* ruleWalls(rule: Rule, series: Series): Generator<number> {
  const time = series.firstWall % dayMs
  let count = 0
  for (let period = 0; ; period += 1) {
    const days = daysOfPeriod(rule, series.firstWall - time, period * rule.interval)
    if (days === undefined) return
    for (const day of positioned(days, rule.bySetPos)) {
      const wall = day + time
      if (wall < series.firstWall) continue
      if (wall > rule.until || count >= rule.count) return
      count += 1
      yield wall
    }
  }
}

function positioned(days: readonly number[], positions: readonly number[]): readonly number[] {
  if (positions.length === 0) return days
  const chosen = positions.map((position) => days.at(position > 0 ? position - 1 : position))
  return chosen.filter((day) => day !== undefined).toSorted((a, b) => a - b)
}

/** The days of the nth period after the first, in order; undefined when there is nothing more to come. */
function daysOfPeriod(rule: Rule, firstDay: number, steps: number): number[] | undefined {
  const first = new Date(firstDay)
  const [year, month, date] = [first.getUTCFullYear(), first.getUTCMonth(), first.getUTCDate()]
  if (rule.freq === 'DAILY' || rule.freq === 'WEEKLY') {
    const perStep = rule.freq === 'DAILY' ? 1 : 7
    const start = firstDay + steps * perStep * dayMs
    if (new Date(start).getUTCFullYear() > lastYear) return undefined
    const days = rule.freq === 'DAILY' ? [start] : weekDays(rule, start)
    return days.filter((day) => inMonths(rule, day) && (rule.freq === 'WEEKLY' || onWeekday(rule, day)))
  }
  if (rule.freq === 'MONTHLY') {
    if (year + steps / 12 > lastYear) return undefined
    const monthStart = Date.UTC(year, month + steps, 1)
    return monthDays(rule, monthStart, date).filter((day) => inMonths(rule, day))
  }
  if (rule.freq !== 'YEARLY' || year + steps > lastYear) return undefined
  const months = rule.byMonth.length > 0 ? rule.byMonth.map((one) => one - 1) : [month]
  return months
    .toSorted((a, b) => a - b)
    .flatMap((one) => monthDays(rule, Date.UTC(year + steps, one, 1), date))
}

const inMonths = (rule: Rule, day: number) =>
  rule.byMonth.length === 0 || rule.byMonth.includes(new Date(day).getUTCMonth() + 1)

const onWeekday = (rule: Rule, day: number) =>
  rule.byDay.length === 0 || rule.byDay.some(({ weekday }) => weekday === new Date(day).getUTCDay())

function weekDays(rule: Rule, day: number): number[] {
  if (rule.byDay.length === 0) return [day]
  const weekStart = day - ((new Date(day).getUTCDay() - rule.weekStart + 7) % 7) * dayMs
  return rule.byDay
    .map(({ weekday }) => weekStart + ((weekday - rule.weekStart + 7) % 7) * dayMs)
    .toSorted((a, b) => a - b)
}

function monthDays(rule: Rule, monthStart: number, usualDate: number): number[] {
  const start = new Date(monthStart)
  const length = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 0)).getUTCDate()
  const all = Array.from({ length }, (_, index) => monthStart + index * dayMs)
  if (rule.byMonthDay.length > 0) {
    const dates = rule.byMonthDay.map((date) => (date > 0 ? date : length + date + 1))
    return all.filter((day) => dates.includes(new Date(day).getUTCDate()) && onWeekday(rule, day))
  }
  if (rule.byDay.length === 0) return all.slice(usualDate - 1, usualDate)
  const chosen = rule.byDay.flatMap(({ nth, weekday }) => {
    const matching = all.filter((day) => new Date(day).getUTCDay() === weekday)
    return nth === 0 ? matching : matching.slice(nth > 0 ? nth - 1 : nth).slice(0, 1)
  })
  return chosen.toSorted((a, b) => a - b)
}
