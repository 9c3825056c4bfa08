import { sqlOf } from '@evergrant/event-store'
import {
  createAuthenticator,
  createHttpApp,
  createPostgresIdempotencyStore,
  deadLetterRoutes,
  requestQuotasFrom,
} from '@evergrant/service-runtime'
import { createGoogleTokenInfo } from './adapters/tokeninfo/google-tokeninfo.ts'
import { type TokenConfig, tokenInfoUrl } from './config.ts'
import type { Core } from './core.ts'
import { accessTokenRoutes } from './entry-points/http/access-token-routes.ts'
import { auditRoutes } from './entry-points/http/audit-routes.ts'
import { declareCapabilities } from './entry-points/http/capabilities.ts'
import { measureCohorts } from './entry-points/http/cohort-metrics.ts'
import { cohortRoutes } from './entry-points/http/cohort-routes.ts'
import { measureConnections } from './entry-points/http/connection-metrics.ts'
import { connectionRoutes } from './entry-points/http/connection-routes.ts'
import { googleHealthRoutes } from './entry-points/http/google-health-routes.ts'
import { historyRoutes } from './entry-points/http/history-routes.ts'
import { legacyImportRoutes } from './entry-points/http/legacy-import-routes.ts'
import { reclassificationRoutes } from './entry-points/http/reclassification-routes.ts'
import { schemaRoutes } from './entry-points/http/schema-routes.ts'
import { securityEventRoutes } from './entry-points/http/security-event-routes.ts'
import { measureRotation } from './entry-points/http/vault-metrics.ts'
import { vaultRoutes } from './entry-points/http/vault-routes.ts'
import { name, type Outside, version } from './outside.ts'
import { connectionCounts } from './projections/connection-counts.ts'
import { serviceHealth } from './projections/service-health.ts'
import { createSecurityEvents } from './security-events.ts'

/** The HTTP side: every route with what it needs. */
export function createApp(
  config: TokenConfig,
  outside: Outside,
  core: Core,
  revokeSoon: (grantId: string) => void,
) {
  const { database, health, metrics, logger, holder, clock, ids } = outside
  const { schema, schemaReports } = core.schemaWatch
  declareCapabilities(health, {
    ping: () => database.ping(),
    tokenQuery: () => core.grants.ofConnection(holder.bootId),
    discovery: core.discovery,
    clientConfigured: config.GOOGLE_CLIENT_ID !== '' && config.GOOGLE_CLIENT_SECRET !== '',
    exchange: core.exchange,
  })
  const app = createHttpApp({
    name,
    version,
    instanceId: holder.instanceId,
    logger,
    authenticator: createAuthenticator({
      issuer: config.AUTH_ISSUER,
      audience: config.AUTH_AUDIENCE,
      jwksUri: config.AUTH_JWKS_URI,
    }),
    idempotencyStore: createPostgresIdempotencyStore({ sql: sqlOf(database) }),
    health,
    metrics,
    schema,
    clock,
    ids,
    quotas: requestQuotasFrom(config),
    trustedProxies: config.TRUSTED_PROXIES,
  })
  connectionRoutes(app, { ...core, revokeSoon, stateOf: schema.stateOf })
  accessTokenRoutes(app, core.vend)
  historyRoutes(app, { ...core, database })
  reclassificationRoutes(app, core)
  securityEventRoutes(app, createSecurityEvents(config, { ...outside, ...core }))
  googleHealthRoutes(app, {
    serviceHealth: () => serviceHealth(database),
    ratesOf: core.outcomes.ratesOf,
    clock,
    drift: () => ({ status: schema.stateOf('token.read'), since: schema.report().detectedAt }),
  })
  auditRoutes(app, core)
  cohortRoutes(app, core)
  measureCohorts(metrics, {
    ...core,
    elapsedMs: outside.elapsedMs,
    onError: outside.onError('cohorts were not diagnosed'),
  })
  measureConnections(metrics, {
    counts: () => connectionCounts(database),
    elapsedMs: outside.elapsedMs,
    onError: outside.onError('connections were not counted'),
  })
  measureRotation(metrics, {
    lastRotation: core.vaultKeys.lastRotation,
    now: () => clock.now().getTime(),
    onError: outside.onError('the key rotation was not measured'),
  })
  legacyImportRoutes(app, {
    ...core,
    sealedTokens: outside.sealedTokens,
    tokenInfo: createGoogleTokenInfo({
      url: tokenInfoUrl(config),
      now: core.provider.now,
      metrics: outside.breakerMetrics,
    }),
    issuer: config.GOOGLE_ISSUER,
  })
  vaultRoutes(app, core)
  schemaRoutes(app, { reports: schemaReports })
  deadLetterRoutes(app, { service: name, deadLetters: core.exchange.deadLetters, idempotent: true })
  return app
}
