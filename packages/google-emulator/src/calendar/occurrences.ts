import type { EventResource, EventTime } from './event-resource.ts'
import { instantAt, instantOf, wallTime, withOffset } from './event-time.ts'
import { recurrenceWalls } from './recurrence.ts'

const dayMs = 86_400_000
/** Google's expansions of endless series end somewhere; nobody may page for ever. */
const mostOccurrences = 10_000

/** The occurrences of a series that no exception replaces, in order, up to an instant. */
export function* occurrencesOf(
  master: EventResource,
  calendarZone: string,
  until: number,
): Generator<EventResource> {
  const start = instantOf(master.start, calendarZone)
  if (start === null || master.recurrence === undefined) return
  const zone = master.start?.timeZone ?? calendarZone
  const allDay = master.start?.date !== undefined
  const firstWall = allDay ? Date.parse(`${master.start?.date}T00:00:00Z`) : wallTime(start, zone)
  let count = 0
  for (const wall of recurrenceWalls(master.recurrence, { firstWall, zone, allDay })) {
    const at = allDay ? instantAt(wall, calendarZone) : instantAt(wall, zone)
    if (at > until || count >= mostOccurrences) return
    count += 1
    yield occurrence(master, { wall, at, zone, allDay, calendarZone })
  }
}

interface Slot {
  readonly wall: number
  readonly at: number
  readonly zone: string
  readonly allDay: boolean
  readonly calendarZone: string
}

/** Identity is where the occurrence belongs, not where it may be moved to: the id carries the original start. */
function occurrence(master: EventResource, slot: Slot): EventResource {
  const { recurrence: _, ...rest } = master
  const start = instantOf(master.start, slot.calendarZone) ?? 0
  const length = (instantOf(master.end, slot.calendarZone) ?? start) - start
  if (slot.allDay) {
    const days = Math.max(1, Math.round(length / dayMs))
    const startDate = { date: isoDate(slot.wall) }
    const id = `${master.id}_${instantStamp(slot.wall).slice(0, 8)}`
    const end = { date: isoDate(slot.wall + days * dayMs) }
    return { ...rest, id, recurringEventId: master.id, start: startDate, end, originalStartTime: startDate }
  }
  const startTime: EventTime = { dateTime: withOffset(slot.at, slot.zone), timeZone: slot.zone }
  const end: EventTime = {
    dateTime: withOffset(slot.at + length, slot.zone),
    timeZone: master.end?.timeZone ?? slot.zone,
  }
  const id = `${master.id}_${instantStamp(slot.at)}`
  return { ...rest, id, recurringEventId: master.id, start: startTime, end, originalStartTime: startTime }
}

const isoDate = (wall: number) => new Date(wall).toISOString().slice(0, 10)

/** The end of an occurrence's id: `20260131T093000Z`. */
export const instantStamp = (at: number) =>
  `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`

/** The occurrence an id names, if the series has it. */
export function occurrenceById(
  master: EventResource,
  id: string,
  calendarZone: string,
): EventResource | undefined {
  const stamp = id.slice(master.id.length + 1)
  const day = Date.parse(`${stamp.slice(0, 4)}-${stamp.slice(4, 6)}-${stamp.slice(6, 8)}T00:00:00Z`)
  for (const candidate of occurrencesOf(master, calendarZone, day + 2 * dayMs)) {
    if (candidate.id === id) return candidate
  }
  return undefined
}
