import { randomUUID } from 'node:crypto'
import { connectionIdOf, grantIdOf, requiredScopes, type Service } from '@evergrant/event-contracts'
import { createPostgresEventStore, type Database, migrate, openDatabase, sqlOf } from '@evergrant/event-store'
import { type GoogleEmulator, startGoogleEmulator } from '@evergrant/google-emulator'
import { systemClock, uuidv7Ids } from '@evergrant/service-runtime'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll } from 'vitest'
import { createGoogleCalendar } from '../adapters/google/google-calendar.ts'
import { createGoogleDrive } from '../adapters/google/google-drive.ts'
import { createGoogleMail } from '../adapters/google/google-mail.ts'
import { postgresCalendarRows } from '../adapters/postgres/calendar-rows.ts'
import { postgresEventRows } from '../adapters/postgres/event-rows.ts'
import { postgresItemRows } from '../adapters/postgres/item-rows.ts'
import { postgresKnownConnections } from '../adapters/postgres/known-connections.ts'
import { postgresResources } from '../adapters/postgres/resources.ts'
import { createRunQueue } from '../adapters/postgres/run-queue.ts'
import { postgresSharedDrives } from '../adapters/postgres/shared-drives.ts'
import { createLinkConnection } from '../application/link-connection.ts'
import { createRequestSync } from '../application/request-sync.ts'
import { createSources } from '../application/sources.ts'
import { createWalkResource } from '../application/walk-resource.ts'
import { calendarFactCatalogue } from '../domain/fact-catalogue.ts'
import { migrations } from '../migrations/all.ts'
import { knownConnections } from '../projections/known-connections.ts'
import { syncStatus } from '../projections/sync-status.ts'

/** Connections that are walked by a worker in the test's own hands, on a real database and an emulated Google. */
export function useWalks({ sliceRows }: { readonly sliceRows: number }) {
  const place = useDatabase({
    template: { name: 'calendar_service', migrate: (url) => migrate({ url, migrations }) },
  })
  let database: Database
  let google: GoogleEmulator

  beforeAll(async () => {
    database = await openDatabase({ url: place.serviceUrl, applicationName: 'spec' })
    google = await startGoogleEmulator({ seed: 'empty' })
  })
  afterAll(async () => {
    await google.close()
    await database.close()
  })

  /** One connection and a worker that can be made to die; a new one takes over at once. */
  const connect = async (service: Service) => {
    const userId = randomUUID()
    const email = `${userId}@example.com`
    const { sub } = google.addAccount({ email })
    const grantId = grantIdOf(userId, google.url, sub)
    const connectionId = connectionIdOf(grantId, service)
    const scopes = requiredScopes(service, 'read')
    const { accessToken } = google.issueTokens({ email, scopes })
    const clock = systemClock
    const ids = uuidv7Ids
    const store = createPostgresEventStore({
      database,
      source: 'calendar-service',
      facts: calendarFactCatalogue,
      projections: [knownConnections, syncStatus],
      clock,
    })
    const queue = createRunQueue(database)
    const resources = postgresResources
    const api = {
      rootUrl: google.url,
      clock,
      guard: { run: <T>(work: (signal: AbortSignal) => Promise<T>) => work(AbortSignal.timeout(10_000)) },
    }
    const sources = createSources({
      calendar: createGoogleCalendar(api),
      mail: createGoogleMail({ ...api, messageUnits: 20 }),
      drive: createGoogleDrive(api),
      events: postgresEventRows,
      calendars: postgresCalendarRows,
      items: postgresItemRows,
      drives: postgresSharedDrives,
      resources,
    })
    let die = () => {}
    let pending: { readonly point: string; times: number; act: () => Promise<void> } | null = null
    const walk = createWalkResource({
      store,
      tokens: { get: async () => accessToken },
      sources,
      allowances: () => ({ take: async () => Number.MAX_SAFE_INTEGER }),
      resources,
      queue,
      clock,
      ids,
      random: () => 0,
      // A lease of nothing: whoever comes next may take over at once.
      leaseMs: 0,
      sliceRows,
      onDefect: () => {},
      crashPoint: async (point) => {
        if (pending?.point !== point) return
        pending.times -= 1
        if (pending.times >= 0) return
        const { act } = pending
        pending = null
        await act()
      },
    })
    const requestSync = createRequestSync({
      connections: postgresKnownConnections,
      resources,
      queue,
      clock,
      ids,
    })
    const link = createLinkConnection({ resources, queue, requestSync, clock, ids })
    const identity = { connectionId, userId, grantId, service, account: { id: sub, email } }
    const metadata = { actor: { kind: 'user', id: userId }, correlationId: userId } as const
    const connectionIs = (status: 'active' | 'needs_reauthorization', reason: string | null = null) => {
      const changedAt = clock.now().toISOString()
      const command = { type: 'NoteConnection', identity, status, reason, scopes, changedAt } as const
      return store.transaction((unit) => link(unit, command, metadata))
    }
    await connectionIs('active')
    const work = async () => {
      for (let run = await queue.claim('spec', 0); run !== null; run = await queue.claim('spec', 0)) {
        const death = new Promise<void>((resolve) => {
          die = resolve
        })
        await Promise.race([walk(run, new AbortController().signal), death])
      }
    }
    const sync = async (mode: 'incremental' | 'full') => {
      const ask = { syncId: ids.next(), userId, connectionId, calendarId: null, mode } as const
      await store.transaction((unit) =>
        requestSync(unit, { ...ask, cause: 'user', announce: true }, metadata),
      )
      await work()
    }
    const copy = async (text: string) => {
      const rows = await sqlOf(database)<{ id: string; text: string }>(text, [connectionId])
      return new Map(rows.map((row) => [row.id, row.text]))
    }
    /** Does something when a point was passed so often. */
    const meanwhile = (point: string, times: number, act: () => Promise<void>) => {
      pending = { point, times, act }
    }
    const crash = (point: string, times: number) =>
      meanwhile(point, times, async () => {
        // In a transaction a death is a rollback; outside it the process is simply never heard of again.
        if (point.endsWith('_stored')) throw new Error('died while storing')
        die()
        await new Promise(() => {})
      })
    return { ...{ userId, email, connectionId }, connectionIs, sync, work, copy, meanwhile, crash }
  }

  return {
    connect,
    google: () => google,
    database: () => database,
    sql: <Row>(text: string, params: readonly unknown[] = []) => sqlOf(database)<Row>(text, params),
  }
}
