import { instantAt } from '../calendar/event-time.ts'
import { instantStamp } from '../calendar/occurrences.ts'
import { randomFrom } from './random.ts'

export interface SeedPlan {
  readonly count: number
  readonly seed: number
  /** First day of the year the events fall into, `2026-01-01`. */
  readonly from: string
  readonly timeZone: string
}

export interface GeneratedEvent {
  readonly id: string
  readonly status: string
  readonly [field: string]: unknown
}

const dayMs = 86_400_000
const subjects = [
  'Standup',
  'Planning',
  'Review',
  'Lunch',
  'Dentist',
  'Flight',
  'Interview',
  'Retro',
  'Call',
  'Workshop',
]
const guests = ['ana', 'ben', 'chen', 'dara', 'eli', 'fay']

/** As many events as asked: 90 % single, 5 % series, 3 % changed and 2 % cancelled occurrences of those series. */
export function* generatedEvents(plan: SeedPlan): Generator<GeneratedEvent> {
  const random = randomFrom(plan.seed)
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item
  const series: { readonly id: string; readonly day: number; used: number }[] = []
  for (let index = 0; index < plan.count; index += 1) {
    const id = `seed${plan.seed.toString(32)}e${index.toString(32).padStart(6, '0')}`
    const kind = random()
    const day = Date.parse(`${plan.from}T00:00:00Z`) + Math.floor(random() * 364) * dayMs
    const master = series.at(-1)
    const summary = `${pick(subjects)} ${index}`
    if (kind < 0.05 && master !== undefined && master.used < 8) {
      master.used += 1
      yield occurrence(master, kind < 0.02 ? null : summary, plan.timeZone)
    } else if (kind < 0.1) {
      series.push({ id, day, used: 0 })
      yield {
        id,
        status: 'confirmed',
        summary,
        ...hours(day, 9, plan.timeZone),
        recurrence: ['RRULE:FREQ=DAILY;COUNT=12'],
      }
    } else if (kind < 0.15) {
      yield {
        id,
        status: 'confirmed',
        summary,
        start: { date: isoDay(day) },
        end: { date: isoDay(day + dayMs) },
      }
    } else {
      const attendees = [pick(guests), pick(guests)].map((name) => ({
        email: `${name}@example.com`,
        responseStatus: pick(['accepted', 'needsAction']),
      }))
      yield {
        id,
        status: 'confirmed',
        summary,
        ...hours(day, 8 + Math.floor(random() * 10), plan.timeZone),
        attendees,
      }
    }
  }
}

function occurrence(
  master: { id: string; day: number; used: number },
  summary: string | null,
  timeZone: string,
): GeneratedEvent {
  const day = master.day + master.used * dayMs
  const original = hours(day, 9, timeZone).start
  const instant = instantAt(Date.parse(`${original.dateTime}Z`), timeZone)
  const identity = {
    id: `${master.id}_${instantStamp(instant)}`,
    recurringEventId: master.id,
    originalStartTime: original,
  }
  if (summary === null) return { ...identity, status: 'cancelled', ...hours(day, 9, timeZone) }
  return { ...identity, status: 'confirmed', summary, ...hours(day, 15, timeZone) }
}

function hours(day: number, hour: number, timeZone: string) {
  const at = (value: number) => ({
    dateTime: `${isoDay(day)}T${String(value).padStart(2, '0')}:00:00`,
    timeZone,
  })
  return { start: at(hour), end: at(hour + 1) }
}

const isoDay = (at: number) => new Date(at).toISOString().slice(0, 10)
