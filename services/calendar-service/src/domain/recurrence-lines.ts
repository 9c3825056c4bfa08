import { instantOf, type WallMs } from './zoned-time.ts'

/** A series' recurrence lines, read. Dates are in the comparison key: the wall for whole days, else the instant. */
export interface RecurrenceLines {
  /** Without `UNTIL`, which is compared here, because Google's are a date or UTC whatever the series is. */
  readonly rules: readonly Rule[]
  readonly exclusionRules: readonly Rule[]
  readonly additions: readonly number[]
  readonly exclusions: ReadonlySet<number>
}

export interface Rule {
  readonly text: string
  /** Last key that still belongs to the rule; null when it has no end of its own. */
  readonly until: number | null
}

export interface SeriesZone {
  readonly allDay: boolean
  readonly zone: string
}

/** Reads what it can: a line nobody understands is left out instead of hiding the whole series. */
export function readRecurrence(lines: readonly string[], series: SeriesZone): RecurrenceLines {
  const rules: Rule[] = []
  const exclusionRules: Rule[] = []
  const additions: number[] = []
  const exclusions = new Set<number>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 0) continue
    const [name = '', ...parameters] = line.slice(0, colon).toUpperCase().split(';')
    const value = line.slice(colon + 1).trim()
    if (name === 'RRULE') rules.push(readRule(value, series))
    else if (name === 'EXRULE') exclusionRules.push(readRule(value, series))
    else if (name === 'RDATE') additions.push(...readDates(value, parameters, line, series))
    else if (name === 'EXDATE')
      for (const key of readDates(value, parameters, line, series)) exclusions.add(key)
  }
  return { rules, exclusionRules, additions, exclusions }
}

function readRule(value: string, series: SeriesZone): Rule {
  const parts = value.split(';').filter((part) => part !== '')
  const until = parts.find((part) => /^until=/i.test(part))?.slice(6)
  return {
    text: parts.filter((part) => !/^until=/i.test(part)).join(';'),
    until: until === undefined ? null : untilKey(until, series),
  }
}

function untilKey(text: string, series: SeriesZone): number | null {
  const stamp = readStamp(text)
  if (stamp === null) return null
  if (series.allDay) return Math.floor(stamp.wall / 86_400_000) * 86_400_000
  // A date on a timed series means through the end of that day, where the series is.
  if (stamp.dateOnly) return instantOf(stamp.wall + 86_400_000 - 1000, series.zone)
  return stamp.utc ? stamp.wall : instantOf(stamp.wall, series.zone)
}

function readDates(value: string, parameters: readonly string[], line: string, series: SeriesZone): number[] {
  const named = parameters.some((parameter) => parameter.startsWith('TZID='))
  const zone = named ? (/TZID=([^;:]+)/i.exec(line)?.[1] ?? series.zone) : series.zone
  return value.split(',').flatMap((text) => {
    const stamp = readStamp(text.split('/')[0] ?? '')
    if (stamp === null) return []
    if (series.allDay) return [Math.floor(stamp.wall / 86_400_000) * 86_400_000]
    return [stamp.utc ? stamp.wall : instantOf(stamp.wall, zone)]
  })
}

function readStamp(text: string): { wall: WallMs; dateOnly: boolean; utc: boolean } | null {
  const found = /^(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2}):?(\d{2})?(Z)?)?/i.exec(text.trim())
  if (!found) return null
  const [, year, month, day, hour, minute, second, z] = found
  const wall = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour ?? 0),
    Number(minute ?? 0),
    Number(second ?? 0),
  )
  return { wall, dateOnly: hour === undefined, utc: z !== undefined }
}

/** When the last occurrence can be at the latest; null when the rules alone do not say. */
export function latestKey(lines: RecurrenceLines): number | null {
  const ends = lines.rules.map((rule) => rule.until)
  if (ends.some((end) => end === null)) return null
  return Math.max(...ends.filter((end) => end !== null), ...lines.additions, Number.NEGATIVE_INFINITY)
}
