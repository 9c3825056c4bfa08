import type { Database } from '@evergrant/event-store'
import { expandSeries, type StepRule } from '../domain/expand-series.ts'
import {
  type EventRow,
  type EventWindow,
  eventById,
  mastersIn,
  noStartMs,
  type Position,
  storedEvents,
} from './events.ts'

export interface OccurrenceQuery extends EventWindow {
  readonly toMs: number
  readonly showCancelled: boolean
  readonly after: Position | null
  readonly limit: number
  readonly zoneOf: (calendarId: string) => string
  readonly step: StepRule
}

/** What happens in a window, oldest first: single events, exceptions where they were moved to, and every occurrence of
 * a series that no exception stands for. Nothing is expanded before it is asked for. */
export async function occurrencesIn(database: Database, query: OccurrenceQuery): Promise<EventRow[]> {
  const { after, limit, step, zoneOf, toMs } = query
  const [stored, masters] = await Promise.all([
    storedEvents(database, { ...query, mastersToo: false }),
    mastersIn(database, query),
  ])
  const startsFromMs = after?.startMs ?? noStartMs
  const window = { fromMs: query.fromMs ?? noStartMs, toMs, startsFromMs }
  const expanded = masters.flatMap(({ calendarId, event, takenSlots }) =>
    expandSeries(
      { master: event, takenSlots: new Set(takenSlots), calendarZone: zoneOf(calendarId) },
      window,
      step,
      limit + 1,
    ).map(
      (occurrence): EventRow => ({
        calendarId,
        eventId: occurrence.event.id,
        startMs: occurrence.startMs,
        endMs: null,
        event: occurrence.event,
      }),
    ),
  )
  return [...stored, ...expanded.filter((row) => after === null || compare(row, after) > 0)]
    .sort(compare)
    .slice(0, limit)
}

type Sortable = Pick<EventRow, 'startMs' | 'calendarId' | 'eventId'>

function compare(left: Sortable, right: Sortable): number {
  const starts = (left.startMs ?? noStartMs) - (right.startMs ?? noStartMs)
  if (starts !== 0) return starts
  const [leftKey, rightKey] = [left.calendarId + left.eventId, right.calendarId + right.eventId]
  return leftKey < rightKey ? -1 : leftKey > rightKey ? 1 : 0
}

const instanceId = /^(?<master>.+)_(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)(?<time>T\d{6}Z)?$/

/** Events by Google's id, in which an occurrence of a series carries its master's id and its slot. */
export async function eventOrOccurrence(
  database: Database,
  query: { readonly calendarIds: readonly string[]; readonly eventId: string } & Pick<
    OccurrenceQuery,
    'zoneOf' | 'step'
  >,
): Promise<EventRow[]> {
  const { calendarIds, eventId, zoneOf, step } = query
  const stored = await eventById(database, { calendarIds, eventId })
  const parts = instanceId.exec(eventId)?.groups
  if (stored.length > 0 || !parts?.master) return stored
  const masters = await eventById(database, { calendarIds, eventId: parts.master })
  const day = Date.parse(`${parts.year}-${parts.month}-${parts.day}T00:00:00Z`)
  // A day around the slot covers every zone; which occurrence it is, its id decides.
  const window = { fromMs: day - 86_400_000, toMs: day + 2 * 86_400_000 }
  return masters.flatMap(({ calendarId, event, ...row }) =>
    event.status === 'cancelled'
      ? []
      : expandSeries(
          { master: event, takenSlots: new Set(), calendarZone: zoneOf(calendarId) },
          window,
          step,
          1000,
        )
          .filter((occurrence) => occurrence.event.id === eventId)
          .map((occurrence) => ({ ...row, calendarId, eventId, event: occurrence.event })),
  )
}
