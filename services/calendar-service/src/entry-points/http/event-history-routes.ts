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
import { diffEvents } from '../../domain/diff-event.ts'
import { calendarErrors } from '../../domain/errors.ts'
import { readableCalendars } from '../../projections/calendars.ts'
import { calendarsThatKnew, type RevisionRow, revisionsOf } from '../../projections/event-revisions.ts'

const revisionSchema = z.object({
  at: z.string(),
  kind: z.enum(['upserted', 'deleted']),
  etag: z.string().nullable(),
  etagBefore: z.string().nullable(),
  /** `by` is the write, or what the sync goes back to. */
  cause: z.object({ kind: z.enum(['sync', 'resync', 'write', 'calendar_gone']), by: z.string().nullable() }),
  changes: z.array(
    z.object({ field: z.string(), before: z.unknown().optional(), after: z.unknown().optional() }),
  ),
})

/** Every revision of an event, newest first, field by field. */
export function eventHistoryRoutes(app: HttpApp, { database }: { readonly database: Database }): void {
  app.get(
    '/v1/calendar/events/:id/history',
    {
      schema: {
        params: z.object({ id: z.string().min(1).max(1100) }),
        querystring: pageQuerySchema.extend({ calendarId: z.uuid().optional() }),
        response: { 200: pageSchema(revisionSchema) },
      },
      config: { access: 'user', capability: 'calendar.read' },
    },
    async (request) => {
      const { limit, cursor, calendarId } = request.query
      const eventId = request.params.id
      const calendars = await readableCalendars(database, callerOf(request).sub, calendarId ?? null)
      if (calendarId !== undefined && calendars.length === 0) throw calendarErrors.unknown_calendar()
      const readable = calendars.map(({ id }) => id)
      const calendarIds = await calendarsThatKnew(database, { calendarIds: readable, eventId })
      if (calendarIds.length === 0) throw calendarErrors.unknown_event()
      if (calendarIds.length > 1) throw calendarErrors.ambiguous_event()
      const before = cursor === undefined ? null : decodeCursor(cursor, z.int().nonnegative())
      const rows = await revisionsOf(database, { calendarIds, eventId, before, limit: limit + 1 })
      const items = rows.slice(0, limit)
      const last = items.at(-1)
      return {
        items: items.map(revisionOf),
        nextCursor: rows.length > limit && last ? encodeCursor(last.seq) : null,
      }
    },
  )
}

function revisionOf(row: RevisionRow): z.infer<typeof revisionSchema> {
  const { atMs, kind, etag, etagBefore, cause, causedBy, event, before } = row
  return {
    at: new Date(atMs).toISOString(),
    kind,
    etag,
    etagBefore,
    cause: { kind: cause, by: causedBy },
    changes: [...diffEvents(before, event)],
  }
}
