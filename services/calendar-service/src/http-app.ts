import type { Clock, Ids } from '@evergrant/decider'
import { type Database, type EventStore, sqlOf } from '@evergrant/event-store'
import {
  createAuthenticator,
  createHttpApp,
  createPostgresIdempotencyStore,
  deadLetterRoutes,
  type Exchange,
  type Health,
  type Logger,
  type Metrics,
  requestQuotasFrom,
  type SchemaVerification,
} from '@evergrant/service-runtime'
import { stepWithIcal } from './adapters/recurrence/ical-rule.ts'
import type { RequestSync } from './application/request-sync.ts'
import type { WriteEvent } from './application/write-event.ts'
import type { CalendarConfig } from './config.ts'
import { calendarRoutes } from './entry-points/http/calendar-routes.ts'
import { declareCapabilities } from './entry-points/http/capabilities.ts'
import { changeRoutes } from './entry-points/http/change-routes.ts'
import { driveRoutes } from './entry-points/http/drive-routes.ts'
import { eventHistoryRoutes } from './entry-points/http/event-history-routes.ts'
import { eventRoutes } from './entry-points/http/event-routes.ts'
import { eventWriteRoutes } from './entry-points/http/event-write-routes.ts'
import { gmailRoutes } from './entry-points/http/gmail-routes.ts'
import { syncRoutes } from './entry-points/http/sync-routes.ts'
import type { openGoogle } from './google-apis.ts'
import { calendarsOf } from './projections/calendars.ts'
import type { openPush } from './push.ts'

export const name = 'calendar-service'

/** What the routes stand on. */
export interface CalendarHttpParts {
  readonly config: CalendarConfig
  readonly version: string
  readonly instanceId: string
  readonly staleAfterMs: number
  readonly backstopAfterMs: number
  readonly database: Database
  readonly store: EventStore
  readonly health: Health
  readonly schema: SchemaVerification
  readonly metrics: Metrics
  readonly logger: Logger
  readonly clock: Clock
  readonly ids: Ids
  readonly requestSync: RequestSync
  readonly writeEvent: WriteEvent
  readonly push: ReturnType<typeof openPush>
  readonly exchange: Exchange
  readonly breakerStates: ReturnType<typeof openGoogle>['breakerStates']
}

/** Every route of the service, on one server that does not listen yet. */
export function createCalendarHttp(parts: CalendarHttpParts) {
  const { config, database, store, clock, ids, requestSync, writeEvent } = parts
  const { version, instanceId, health, schema, metrics, logger } = parts
  declareCapabilities(health, {
    ping: () => database.ping(),
    readQueries: () => calendarsOf(database, { userId: '', after: null, limit: 1 }),
    breakerStates: parts.breakerStates,
    exchange: parts.exchange,
  })
  const app = createHttpApp({
    ...{ name, version, instanceId, logger, health, metrics, schema, clock, ids },
    authenticator: createAuthenticator({
      issuer: config.AUTH_ISSUER,
      audience: config.AUTH_AUDIENCE,
      jwksUri: config.AUTH_JWKS_URI,
    }),
    idempotencyStore: createPostgresIdempotencyStore({ sql: sqlOf(database) }),
    quotas: requestQuotasFrom(config),
    trustedProxies: config.TRUSTED_PROXIES,
  })
  // The third look that did not come.
  const overdueAfter = {
    unwatchedMs: parts.staleAfterMs * 3,
    watchedMs: Math.max(parts.staleAfterMs, parts.backstopAfterMs) * 3,
  }
  calendarRoutes(app, { database, overdueAfter })
  syncRoutes(app, { store, database, requestSync, ids })
  eventRoutes(app, { database, clock, step: stepWithIcal })
  parts.push.routes(app)
  eventHistoryRoutes(app, { database })
  eventWriteRoutes(app, { database, writeEvent, ids, step: stepWithIcal })
  changeRoutes(app, { database })
  driveRoutes(app, { database, overdueAfter })
  gmailRoutes(app, { database, clock, overdueAfter })
  deadLetterRoutes(app, { service: name, deadLetters: parts.exchange.deadLetters, idempotent: true })
  return app
}
