import type { Database } from '@evergrant/event-store'
import { expandSeries, type StepRule } from '../domain/expand-series.ts'
import {
  type EventRow,
  type EventWindow,
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
