import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ids } from '@evergrant/decider'
import { syncCountsSchema, syncModeSchema } from '@evergrant/event-contracts'
import type { Database, EventStore } from '@evergrant/event-store'
import { callerOf, type HttpApp, metadataOf } from '@evergrant/service-runtime'
import { z } from 'zod'
import type { RequestSync } from '../../application/request-sync.ts'
import { calendarErrors } from '../../domain/errors.ts'
import { findSync, type SyncStatusRow } from '../../projections/sync-status.ts'

const askSchema = z.strictObject({
  connectionId: z.uuid().optional(),
  calendarId: z.uuid().optional(),
  mode: syncModeSchema.default('incremental'),
})

const syncSchema = z.object({
  id: z.uuid(),
  status: z.enum(['requested', 'running', 'completed', 'failed']),
  mode: syncModeSchema,
  counts: syncCountsSchema,
  error: z.object({ code: z.string(), retryAt: z.string().nullable() }).optional(),
})
type SyncAnswer = z.infer<typeof syncSchema>

export interface SyncRouteDeps {
  readonly store: EventStore
  readonly database: Database
  readonly requestSync: RequestSync
  readonly ids: Ids
}

/** Asking for a sync, and watching it. */
export function syncRoutes(app: HttpApp, deps: SyncRouteDeps): void {
  const { store, database, requestSync, ids } = deps
  app.post(
    '/v1/calendar/syncs',
    {
      schema: {
        body: askSchema.prefault({}),
        response: { 202: z.object({ id: z.uuid(), status: syncSchema.shape.status }) },
      },
      config: { access: 'user', idempotent: true, capability: 'calendar.sync' },
    },
    async (request, reply) => {
      const { connectionId = null, calendarId = null, mode } = request.body
      const ask = {
        syncId: ids.next(),
        userId: callerOf(request).sub,
        connectionId,
        calendarId,
        mode,
        cause: 'user',
        announce: true,
      } as const
      const sync = await store.transaction((unit) => requestSync(unit, ask, metadataOf(request)))
      return reply.code(202).header('location', `/v1/calendar/syncs/${sync.id}`).send(sync)
    },
  )
  app.get(
    '/v1/calendar/syncs/:id',
    {
      schema: { params: z.object({ id: z.uuid() }), response: { 200: syncSchema } },
      config: { access: 'user' },
    },
    async (request, reply) => {
      const { id } = request.params
      const load = async () => {
        const row = await findSync(database, id)
        if (row?.userId !== callerOf(request).sub) throw calendarErrors.unknown_sync()
        return syncOf(row)
      }
      const first = await load()
      if (!/\btext\/event-stream\b/i.test(request.headers.accept ?? '')) return first
      const events = progressOf(first, load, app.closing)
      // A stream passes the serializer by; the schema describes the JSON answer.
      return reply
        .type('text/event-stream')
        .header('x-accel-buffering', 'no')
        .send(Readable.from(events) as never)
    },
  )
}

// Any replica may run the sync, so its progress is read where all of them write it.
const lookEveryMs = 200
const mostLooks = 3000

async function* progressOf(
  first: SyncAnswer,
  load: () => Promise<SyncAnswer>,
  closing: AbortSignal,
): AsyncGenerator<string> {
  let sent = ''
  let sync = first
  for (let look = 0; look < mostLooks && !closing.aborted; look++) {
    const data = JSON.stringify(sync)
    if (data !== sent) yield `event: ${sync.status}\ndata: ${data}\n\n`
    else if (look % 50 === 49) yield ': still here\n\n'
    sent = data
    if (sync.status === 'completed' || sync.status === 'failed') return
    await sleep(lookEveryMs)
    sync = await load()
  }
}

function syncOf(row: SyncStatusRow): SyncAnswer {
  const { id, status, mode, pages, upserted, deleted, unchanged, failure, retryAtMs } = row
  const counts = { pages, upserted, deleted, unchanged }
  if (failure === null) return { id, status, mode, counts }
  const retryAt = retryAtMs === null ? null : new Date(retryAtMs).toISOString()
  return { id, status, mode, counts, error: { code: failure, retryAt } }
}
