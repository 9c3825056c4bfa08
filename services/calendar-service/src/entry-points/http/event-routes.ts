import type { Clock } from '@evergrant/decider'
import type { Database } from '@evergrant/event-store'
import {
  callerOf,
  decodeCursor,
  encodeCursor,
  type HttpApp,
  pageQuerySchema,
  pageSchema,
} from '@evergrant/service-runtime'
import { z } from 'zod'
import { calendarErrors } from '../../domain/errors.ts'
import type { StepRule } from '../../domain/expand-series.ts'
import { readableCalendars, type SyncedCalendar } from '../../projections/calendars.ts'
import { type EventRow, noStartMs, type Position, storedEvents } from '../../projections/events.ts'
import { eventOrOccurrence, occurrencesIn } from '../../projections/occurrences.ts'
import { occurrenceWindow, storedWindow } from './event-window.ts'

const timeSchema = z.iso.datetime({ offset: true })
const flagSchema = z.enum(['true', 'false']).transform((value) => value === 'true')

const listQuery = pageQuerySchema.extend({
  timeMin: timeSchema.optional(),
  timeMax: timeSchema.optional(),
  calendarId: z.uuid().optional(),
  expand: z.enum(['masters', 'instances']).default('masters'),
  showCancelled: flagSchema.default(false),
  asOf: timeSchema.optional(),
})

/** Google's own fields, whatever they are, and ours. */
const eventSchema = z.looseObject({ id: z.string(), calendarId: z.uuid(), connectionId: z.uuid() })

const positionSchema = z
  .tuple([z.number(), z.uuid(), z.string()])
  .transform(([startMs, calendarId, eventId]): Position => ({ startMs, calendarId, eventId }))

export interface EventRouteDeps {
  readonly database: Database
  readonly clock: Clock
  readonly step: StepRule
}

/** Events as stored, or occurrence by occurrence. */
export function eventRoutes(app: HttpApp, deps: EventRouteDeps): void {
  const { database } = deps
  app.get(
    '/v1/calendar/events',
    {
      schema: { querystring: listQuery, response: { 200: pageSchema(eventSchema) } },
      config: { access: 'user', capability: 'calendar.read' },
    },
    async (request) => {
      const { limit, cursor, calendarId } = request.query
      const calendars = await calendarsFor(database, callerOf(request).sub, calendarId)
      const after = cursor === undefined ? null : decodeCursor(cursor, positionSchema)
      const rows = await listEvents(deps, request.query, { calendars, after, limit: limit + 1 })
      const items = rows.slice(0, limit)
      const last = items.at(-1)
      return {
        items: items.map((row) => eventOf(row, calendars)),
        nextCursor:
          rows.length > limit && last
            ? encodeCursor([last.startMs ?? noStartMs, last.calendarId, last.eventId])
            : null,
      }
    },
  )
  app.get(
    '/v1/calendar/events/:id',
    {
      schema: {
        params: z.object({ id: z.string().min(1).max(1100) }),
        querystring: z.object({ calendarId: z.uuid().optional() }),
        response: { 200: eventSchema },
      },
      config: { access: 'user', capability: 'calendar.read' },
    },
    async (request) => {
      const calendars = await calendarsFor(database, callerOf(request).sub, request.query.calendarId)
      const calendarIds = calendars.map(({ id }) => id)
      const [event, other] = await eventOrOccurrence(database, {
        calendarIds,
        eventId: request.params.id,
        zoneOf: zonesOf(calendars),
        step: deps.step,
      })
      if (!event) throw calendarErrors.unknown_event()
      if (other) throw calendarErrors.ambiguous_event()
      return eventOf(event, calendars)
    },
  )
}

/** @throws DomainError `unknown_calendar` for one that is not theirs. */
async function calendarsFor(
  database: Database,
  userId: string,
  calendarId: string | undefined,
): Promise<readonly SyncedCalendar[]> {
  const calendars = await readableCalendars(database, userId, calendarId ?? null)
  if (calendarId !== undefined && calendars.length === 0) throw calendarErrors.unknown_calendar()
  return calendars
}

async function listEvents(
  { database, clock, step }: EventRouteDeps,
  query: z.infer<typeof listQuery>,
  page: {
    readonly calendars: readonly SyncedCalendar[]
    readonly after: Position | null
    readonly limit: number
  },
): Promise<readonly EventRow[]> {
  const { after, limit } = page
  const calendarIds = page.calendars.map(({ id }) => id)
  const { showCancelled, asOf } = query
  const asOfMs = asOf === undefined ? null : Date.parse(asOf)
  if (query.expand === 'masters') {
    return storedEvents(database, {
      calendarIds,
      ...storedWindow(query),
      asOfMs,
      showCancelled,
      mastersToo: true,
      after,
      limit,
    })
  }
  const zoneOf = zonesOf(page.calendars)
  const window = occurrenceWindow(query, clock.now())
  return occurrencesIn(database, {
    calendarIds,
    ...window,
    asOfMs,
    showCancelled,
    after,
    limit,
    zoneOf,
    step,
  })
}

function zonesOf(calendars: readonly SyncedCalendar[]): (calendarId: string) => string {
  const zones = new Map(calendars.map(({ id, timeZone }) => [id, timeZone]))
  return (id) => zones.get(id) ?? 'UTC'
}

function eventOf(row: EventRow, calendars: readonly SyncedCalendar[]): z.infer<typeof eventSchema> {
  const { calendarId } = row
  const connectionId = calendars.find(({ id }) => id === calendarId)?.connectionId ?? ''
  return { ...row.event, calendarId, connectionId }
}
