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
import { freshnessOf, type OverdueAfter } from '../../domain/freshness.ts'
import { type CalendarRow, calendarsOf } from '../../projections/calendars.ts'
import { connectionSyncSchema, connectionSyncs } from './connection-sync.ts'

const calendarSchema = z.object({
  id: z.uuid(),
  connectionId: z.uuid(),
  googleId: z.string(),
  summary: z.string().nullable(),
  timeZone: z.string().nullable(),
  primary: z.boolean(),
  accessRole: z.string().nullable(),
  sync: z.object({
    status: z.enum(['fresh', 'stale', 'syncing', 'paused', 'failed']),
    lastSyncedAt: z.string().nullable(),
    reason: z.string().nullable(),
  }),
})

/** A page, and how the list of calendars itself stands, connection by connection: without it, none yet and none at all look alike. */
const calendarPageSchema = pageSchema(calendarSchema).extend({ sync: z.array(connectionSyncSchema) })

/** Synced calendars with their sync state. */
export function calendarRoutes(
  app: HttpApp,
  deps: { readonly database: Database; readonly overdueAfter: OverdueAfter },
): void {
  app.get(
    '/v1/calendar/calendars',
    {
      schema: { querystring: pageQuerySchema, response: { 200: calendarPageSchema } },
      config: { access: 'user', capability: 'calendar.read' },
    },
    async (request) => {
      const { limit, cursor } = request.query
      const after = cursor === undefined ? null : decodeCursor(cursor, z.uuid())
      const userId = callerOf(request).sub
      const rows = await calendarsOf(deps.database, { userId, after, limit: limit + 1 })
      const items = rows.slice(0, limit).map((row) => calendarOf(row, deps.overdueAfter))
      const last = items.at(-1)
      const sync = await connectionSyncs(deps, userId, 'calendar')
      return { items, nextCursor: rows.length > limit && last ? encodeCursor(last.id) : null, sync }
    },
  )
}

function calendarOf(row: CalendarRow, overdueAfter: OverdueAfter): z.infer<typeof calendarSchema> {
  const { id, connectionId, googleId, summary, timeZone, primary, accessRole, lastSyncedAtMs } = row
  const lastSyncedAt = lastSyncedAtMs === null ? null : new Date(lastSyncedAtMs).toISOString()
  const sync = { ...freshnessOf(row, overdueAfter), lastSyncedAt }
  return { id, connectionId, googleId, summary, timeZone, primary, accessRole, sync }
}
