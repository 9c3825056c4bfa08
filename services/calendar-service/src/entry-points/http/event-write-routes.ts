import { createHash } from 'node:crypto'
import type { Ids } from '@evergrant/decider'
import type { Database } from '@evergrant/event-store'
import { callerOf, type HttpApp, idempotencyKeyOf, metadataOf } from '@evergrant/service-runtime'
import { z } from 'zod'
import type { WriteAsk, WriteEvent } from '../../application/write-event.ts'
import { calendarErrors } from '../../domain/errors.ts'
import type { EventWriteRequest } from '../../domain/event-write.ts'
import type { StepRule } from '../../domain/expand-series.ts'
import { type GoogleEvent, textOf } from '../../domain/google-event.ts'
import { readableCalendars } from '../../projections/calendars.ts'
import { revisionOf } from '../../projections/event-revisions.ts'
import { eventById } from '../../projections/events.ts'
import { eventOrOccurrence } from '../../projections/occurrences.ts'
import { calendarToWrite, type WritableCalendar } from '../../projections/writable-calendars.ts'
import { eventChangeSchema, newEventSchema } from './event-body.ts'

export interface EventWriteRouteDeps {
  readonly database: Database
  readonly writeEvent: WriteEvent
  readonly ids: Ids
  readonly step: StepRule
}

const eventSchema = z.looseObject({ id: z.string(), calendarId: z.uuid(), connectionId: z.uuid() })
const idParams = z.object({ id: z.string().min(1).max(1100) })
const sendUpdatesSchema = z.enum(['all', 'externalOnly', 'none']).default('none')
const changeQuery = z.object({ calendarId: z.uuid().optional(), sendUpdates: sendUpdatesSchema })
const ifMatchSchema = z.looseObject({ 'if-match': z.string().max(500).optional() })

/** Writes go through to Google: what is answered is what Google made of it. */
export function eventWriteRoutes(app: HttpApp, deps: EventWriteRouteDeps): void {
  const { writeEvent, database, ids } = deps
  app.post(
    '/v1/calendar/events',
    {
      schema: {
        body: newEventSchema,
        querystring: z.object({ sendUpdates: sendUpdatesSchema }),
        response: { 201: eventSchema },
      },
      config: { access: 'user', idempotent: true, capability: 'calendar.write' },
    },
    async (request, reply) => {
      const userId = callerOf(request).sub
      const { calendarId, id, ...fields } = request.body
      const calendar = await calendarToWrite(database, { userId, calendarId })
      if (calendar === null) throw calendarErrors.unknown_calendar()
      // The same key is the same write, also when the process that began it is gone.
      const writeId = writeIdOf(userId, idempotencyKeyOf(request)) ?? ids.next()
      const eventId = id ?? writeId.replaceAll('-', '')
      const details = { writeId, userId, eventId, kind: 'insert', fields, baseEtag: null } as const
      const { sendUpdates } = request.query
      const ask = { ...askFor(calendar, details), base: null, ifMatch: null, sendUpdates }
      const event = await writeEvent(ask, metadataOf(request))
      const location = `/v1/calendar/events/${encodeURIComponent(event.id)}?calendarId=${calendarId}`
      return reply.code(201).header('location', location).headers(etagOf(event)).send(shown(event, calendar))
    },
  )
  app.patch(
    '/v1/calendar/events/:id',
    {
      schema: {
        params: idParams,
        querystring: changeQuery,
        headers: ifMatchSchema,
        body: eventChangeSchema,
        response: { 200: eventSchema },
      },
      config: { access: 'user', capability: 'calendar.write' },
    },
    async (request, reply) => {
      const { ask, calendar } = await changeAsk(deps, {
        userId: callerOf(request).sub,
        eventId: request.params.id,
        query: request.query,
        ifMatch: request.headers['if-match'] ?? null,
        kind: 'patch',
        fields: request.body,
      })
      const event = await writeEvent(ask, metadataOf(request))
      return reply.headers(etagOf(event)).send(shown(event, calendar))
    },
  )
  app.delete(
    '/v1/calendar/events/:id',
    {
      schema: {
        params: idParams,
        querystring: changeQuery,
        headers: ifMatchSchema,
        response: { 204: z.null() },
      },
      config: { access: 'user', capability: 'calendar.write' },
    },
    async (request, reply) => {
      const { ask } = await changeAsk(deps, {
        userId: callerOf(request).sub,
        eventId: request.params.id,
        query: request.query,
        ifMatch: request.headers['if-match'] ?? null,
        kind: 'delete',
        fields: {},
      })
      await writeEvent(ask, metadataOf(request))
      return reply.code(204).send(null)
    },
  )
}

interface Change {
  readonly userId: string
  readonly eventId: string
  readonly query: z.output<typeof changeQuery>
  readonly ifMatch: string | null
  readonly kind: 'patch' | 'delete'
  readonly fields: EventWriteRequest['fields']
}

async function changeAsk(
  deps: EventWriteRouteDeps,
  change: Change,
): Promise<{ readonly ask: WriteAsk; readonly calendar: WritableCalendar }> {
  const { userId, eventId, kind, fields, ifMatch } = change
  const { sendUpdates } = change.query
  const found = await target(deps, change)
  const { calendar } = found
  const { id: calendarId } = calendar
  const isKnown =
    ifMatch === null || ifMatch === '*' || (found.event && textOf(found.event, 'etag')) === ifMatch
  const base = isKnown ? found.event : await revisionOf(deps.database, { calendarId, eventId, etag: ifMatch })
  const baseEtag = base && textOf(base, 'etag')
  const request = { writeId: deps.ids.next(), userId, eventId, kind, fields, baseEtag }
  return { calendar, ask: { ...askFor(calendar, request), base, ifMatch, sendUpdates } }
}

/** @throws DomainError `unknown_calendar`, `unknown_event`, `ambiguous_event`. */
async function target({ database, step }: EventWriteRouteDeps, { userId, eventId, query }: Change) {
  const asked = query.calendarId ?? null
  const calendars = await readableCalendars(database, userId, asked)
  if (asked !== null && calendars.length === 0) throw calendarErrors.unknown_calendar()
  const calendarIds = calendars.map(({ id }) => id)
  const zones = new Map(calendars.map(({ id, timeZone }) => [id, timeZone]))
  const zoneOf = (id: string) => zones.get(id) ?? 'UTC'
  const stored = await eventById(database, { calendarIds, eventId })
  const rows =
    stored.length > 0 ? stored : await eventOrOccurrence(database, { calendarIds, eventId, zoneOf, step })
  if (rows.length > 1) throw calendarErrors.ambiguous_event()
  // What the copy does not have yet may be at Google, when it is said where.
  const calendarId = rows[0]?.calendarId ?? asked
  if (calendarId === null) throw calendarErrors.unknown_event()
  const calendar = await calendarToWrite(database, { userId, calendarId })
  if (calendar === null) throw calendarErrors.unknown_event()
  return { calendar, event: stored[0]?.event ?? null }
}

/** @throws DomainError `calendar_not_writable`. */
function askFor(
  calendar: WritableCalendar,
  write: Omit<EventWriteRequest, 'calendarId' | 'connectionId'>,
): Pick<WriteAsk, 'request' | 'calendarGoogleId'> {
  const { accessRole, id: calendarId, connectionId, googleId: calendarGoogleId } = calendar
  if (accessRole !== 'owner' && accessRole !== 'writer') throw calendarErrors.calendar_not_writable()
  return { request: { ...write, calendarId, connectionId }, calendarGoogleId }
}

function shown(event: GoogleEvent, { id: calendarId, connectionId }: WritableCalendar) {
  return { ...event, calendarId, connectionId }
}

function etagOf(event: GoogleEvent): Record<string, string> {
  const etag = textOf(event, 'etag')
  return etag === null ? {} : { etag }
}

/** RFC 9562, version 8: an id of our own making. */
function writeIdOf(userId: string, key: string | undefined): string | undefined {
  if (key === undefined) return undefined
  const hash = createHash('sha256')
    .update(JSON.stringify(['event-write', userId, key]))
    .digest('hex')
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}
