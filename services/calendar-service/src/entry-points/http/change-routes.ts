import type { Database } from '@evergrant/event-store'
import {
  callerOf,
  decodeCursor,
  encodeCursor,
  type HttpApp,
  pageQuerySchema,
} from '@evergrant/service-runtime'
import { z } from 'zod'
import { type ChangeRow, changesAfter, lastChange } from '../../projections/changes.ts'

const changeSchema = z.object({
  cursor: z.string(),
  at: z.string(),
  calendarId: z.uuid(),
  connectionId: z.uuid(),
  eventId: z.string(),
  kind: z.enum(['upserted', 'deleted']),
  etag: z.string().nullable(),
  event: z.looseObject({ id: z.string() }).optional(),
})

/** The change feed: every change once, in the order it became readable. */
export function changeRoutes(app: HttpApp, { database }: { readonly database: Database }): void {
  app.get(
    '/v1/calendar/changes',
    {
      schema: {
        querystring: pageQuerySchema,
        response: {
          200: z.object({ items: z.array(changeSchema), nextCursor: z.string(), hasMore: z.boolean() }),
        },
      },
      config: { access: 'user', capability: 'calendar.read' },
    },
    async (request) => {
      const { limit, cursor } = request.query
      const userId = callerOf(request).sub
      if (cursor === 'now') {
        const last = await lastChange(database, userId)
        return { items: [], nextCursor: encodeCursor(last), hasMore: false }
      }
      const after = cursor === undefined ? 0 : decodeCursor(cursor, z.int().nonnegative())
      const rows = await changesAfter(database, { userId, after, limit: limit + 1 })
      const items = rows.slice(0, limit)
      return {
        items: items.map(changeOf),
        nextCursor: encodeCursor(items.at(-1)?.seq ?? after),
        hasMore: rows.length > limit,
      }
    },
  )
}

function changeOf(row: ChangeRow): z.infer<typeof changeSchema> {
  const { seq, atMs, event, calendarId, connectionId, eventId, kind, etag } = row
  return {
    cursor: encodeCursor(seq),
    at: new Date(atMs).toISOString(),
    calendarId,
    connectionId,
    eventId,
    kind,
    etag,
    ...(kind === 'upserted' && event ? { event: { ...event, calendarId, connectionId } } : {}),
  }
}
