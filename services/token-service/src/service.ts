import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { connectEventBus } from '@evergrant/event-bus'
import { createPostgresEventStore, openDatabase, sqlOf } from '@evergrant/event-store'
import { UndefinedGuard } from '@evergrant/schema-verification'
import {
  createAuthenticator,
  createBreakerMetrics,
  createExchange,
  createHealth,
  createHttpApp,
  createLogger,
  createMetrics,
  createPostgresIdempotencyStore,
  schemaFactCatalogue,
  systemClock,
  uuidv7Ids,
} from '@evergrant/service-runtime'
import { createVendAudit } from './adapters/audit/vend-audit.ts'
import { noJournal, openVendJournal } from './adapters/audit/vend-journal.ts'
import { createVendLog } from './adapters/audit/vend-log.ts'
import { loadSealedTokens } from './adapters/envelope/sealed-tokens.ts'
import { createGoogleClock } from './adapters/google/google-clock.ts'
import { createGoogleDiscovery } from './adapters/google/google-discovery.ts'
import { createGoogleTokens } from './adapters/google/google-tokens.ts'
import { createTokenOutcomes } from './adapters/outcomes/token-outcomes.ts'
import { createGrantSignals } from './adapters/signals/grant-signals.ts'
import { createGoogleTokenInfo } from './adapters/tokeninfo/google-tokeninfo.ts'
import { markRefreshTokens } from './adapters/vault/marked-vault.ts'
import { openKeyEncryption } from './adapters/vault/open-key-encryption.ts'
import { createPostgresVault } from './adapters/vault/postgres-vault.ts'
import { createVaultKeys } from './adapters/vault/vault-keys.ts'
import { grantHandler } from './application/grant-commands.ts'
import { createFreshness } from './application/keep-fresh.ts'
import type { RefreshDeps } from './application/refresh-grant.ts'
import { createRetryBudget } from './application/retry-budget.ts'
import { createWarmTokens } from './application/warm-tokens.ts'
import { type TokenConfig, tokenInfoUrl } from './config.ts'
import { createDiagnosis } from './diagnosis.ts'
import { grantFactCatalogue, grantIdOfStream } from './domain/grant-facts.ts'
import { refreshDeadlineMs, refreshLeaseMs } from './domain/refresh-timing.ts'
import { accessTokenService } from './entry-points/bus/access-token-service.ts'
import { oauthStreamHandlers } from './entry-points/bus/on-token-issued.ts'
import { startRefreshClock } from './entry-points/clock/refresh-due-grants.ts'
import { resumeAbandonedRefreshes } from './entry-points/clock/resume-abandoned-refreshes.ts'
import { startRevocationClock } from './entry-points/clock/revoke-due-grants.ts'
import { startRotationClock } from './entry-points/clock/rotate-vault-keys.ts'
import { watchGrants } from './entry-points/clock/watch-grants.ts'
import { accessTokenRoutes } from './entry-points/http/access-token-routes.ts'
import { auditRoutes } from './entry-points/http/audit-routes.ts'
import { declareCapabilities } from './entry-points/http/capabilities.ts'
import { measureCohorts } from './entry-points/http/cohort-metrics.ts'
import { cohortRoutes } from './entry-points/http/cohort-routes.ts'
import { connectionRoutes } from './entry-points/http/connection-routes.ts'
import { googleHealthRoutes } from './entry-points/http/google-health-routes.ts'
import { historyRoutes } from './entry-points/http/history-routes.ts'
import { legacyImportRoutes } from './entry-points/http/legacy-import-routes.ts'
import { reclassificationRoutes } from './entry-points/http/reclassification-routes.ts'
import { schemaRoutes } from './entry-points/http/schema-routes.ts'
import { securityEventRoutes } from './entry-points/http/security-event-routes.ts'
import { vaultRoutes } from './entry-points/http/vault-routes.ts'
import { grantsChangedAfter, safePosition, touchesTokens } from './projections/grant-changes.ts'
import { abandonedRefreshes, claimDueRefreshes, claimDueRevocations } from './projections/grant-schedule.ts'
import { grantQueries } from './projections/grant-state.ts'
import { grantsProjection } from './projections/grants.ts'
import { serviceHealth } from './projections/service-health.ts'
import { UserOauthToken } from './projections/user-oauth-token.ts'
import { createSecurityEvents } from './security-events.ts'
import { watchSchema } from './watch-schema.ts'

const name = 'token-service'
const version = '0.1.0'
/** Longer than a refresh may take; a replica that dies leaves its claims to the others after that. */
const claimMs = 60_000
const clock = systemClock
const ids = uuidv7Ids
const random = Math.random
const elapsedMs = () => performance.now()

/** What tests may change about a service; production leaves it alone. */
export interface TokenServiceOptions {
  readonly deadlineMs?: number
  readonly leaseMs?: number
  readonly crashPoint?: NonNullable<RefreshDeps['crashPoint']>
}

export interface TokenService {
  readonly url: string
  readonly logger: ReturnType<typeof createLogger>
  stop(): Promise<void>
}

/** Wires and starts one replica.
 * @throws DomainError `database_unavailable`, `key_ring_unreadable` or `sealing_key_unreadable`: without these nothing works. */
export async function startTokenService(
  config: TokenConfig,
  options: TokenServiceOptions = {},
): Promise<TokenService> {
  const outside = await openOutside(config)
  const core = createCore(config, options, outside)
  const { exchange } = core
  const { bus, database, logger } = outside

  const clocks = startClocks(outside, core)
  const app = createApp(config, outside, core, clocks.revocations.hurry)
  await exchange.start()
  await core.schemaWatch.start()
  const serving = await bus.serve(
    accessTokenService({
      ...core.vend,
      demand: core.schemaWatch.schema.demand,
      version,
      newId: () => ids.next(),
      onDefect: outside.onError('a vend over NATS failed'),
    }),
  )
  const url = await app.listen({ host: config.HOST, port: config.PORT })

  let stopping: Promise<void> | undefined
  /** Callers first, then what works for them, then the road, then the truth. */
  const shutDown = async () => {
    outside.health.drain()
    await app.close()
    await serving.stop()
    await clocks.watching.stop()
    await clocks.refreshes.stop()
    await clocks.revocations.stop()
    await clocks.rotations.stop()
    await clocks.resuming
    await core.freshness.drain()
    await core.signals.stop()
    await core.schemaWatch.stop()
    await exchange.stop()
    await core.vendLog.stop()
    core.vend.warmTokens.forgetAll()
    await bus.close()
    await database.close()
  }
  return {
    url,
    logger,
    stop: () => {
      stopping ??= shutDown()
      return stopping
    },
  }
}

type Outside = Awaited<ReturnType<typeof openOutside>>

/** Everything that exists without us: key files, database, bus. */
async function openOutside(config: TokenConfig) {
  const logger = createLogger({ name, level: config.LOG_LEVEL })
  const metrics = createMetrics(name)
  const breakerMetrics = createBreakerMetrics(metrics)
  const keys = await openKeyEncryption(
    {
      ringFile: config.VAULT_KEY_RING_FILE,
      kmsKey: config.VAULT_KMS_KEY,
      kmsApiUrl: config.VAULT_KMS_API_URL,
    },
    { elapsedMs, metrics: breakerMetrics },
  )
  const sealedTokens = await loadSealedTokens(config.TOKEN_SEALING_PRIVATE_KEY_FILE)
  const database = await openDatabase({
    url: config.DATABASE_URL,
    entities: [UserOauthToken],
    subscribers: [new UndefinedGuard()],
    applicationName: name,
  })
  return {
    logger,
    keys,
    journal:
      config.VEND_JOURNAL_DIR === undefined || config.INSTANCE_ID === undefined
        ? noJournal
        : openVendJournal({ folder: config.VEND_JOURNAL_DIR, instanceId: config.INSTANCE_ID, ids }),
    sealedTokens,
    database,
    bus: await connectEventBus({ url: config.NATS_URL, name, clock }),
    metrics,
    breakerMetrics,
    health: createHealth({ clock }),
    holder: { instanceId: config.INSTANCE_ID ?? randomUUID(), bootId: randomUUID() },
    onError: (what: string) => (error: unknown) => logger.warn({ err: error }, what),
  }
}

type Core = ReturnType<typeof createCore>

/** The use cases and what they ask of the outside. */
function createCore(config: TokenConfig, options: TokenServiceOptions, outside: Outside) {
  const { database, bus, metrics, holder, onError } = outside
  const publicUrl = config.PUBLIC_URL
  const policy = config.REFRESH_TOKEN_POLICY
  const google = createGoogle(config, options, outside)
  const { provider } = google
  const vault = markRefreshTokens(createPostgresVault({ database, keys: outside.keys, ids }), {
    database,
    onError: onError('the mark of a refresh token was not written'),
  })
  const grants = grantQueries(database)
  const store = createPostgresEventStore({
    database,
    source: name,
    facts: { ...grantFactCatalogue, ...schemaFactCatalogue },
    projections: [grantsProjection],
    clock,
    // Called after commits only, and none happens before the exchange below exists.
    onCommitted: () => exchange.wake(),
    onAppended: (facts) => {
      const changed = facts.filter(touchesTokens).flatMap(({ streamId }) => grantIdOfStream(streamId) ?? [])
      if (changed.length > 0) signals.changed([...new Set(changed)])
    },
  })
  const vaultKeys = createVaultKeys({ database, store, keys: outside.keys, clock, ids })
  const schemaWatch = watchSchema({
    ...outside,
    databaseUrl: config.DATABASE_URL,
    store,
    instanceId: holder.instanceId,
    clock,
    ids,
  })
  const diagnosis = createDiagnosis({ database, clock })
  const handle = diagnosis.counting(grantHandler({ store, publicUrl }))
  const outcomes = createTokenOutcomes(metrics, clock)
  const warmTokens = createWarmTokens(elapsedMs)
  const signals = createGrantSignals(bus, warmTokens.forget)
  const vendLog = createVendLog({
    store,
    journal: outside.journal,
    ids,
    onError: onError('vends are not written yet'),
  })
  const refreshing = {
    handle,
    grants,
    vault,
    provider,
    signals,
    outcomes,
    retries: createRetryBudget(elapsedMs),
    clock,
    ids,
    random,
    holder,
    policy,
    pause,
  }
  const freshness = createFreshness({
    ...refreshing,
    leaseMs: options.leaseMs ?? refreshLeaseMs,
    ...(options.crashPoint === undefined ? {} : { crashPoint: options.crashPoint }),
  })
  const onBackgroundFailure = onError('a refresh behind a vend failed')
  const vend = { ...refreshing, freshness, warmTokens, vendLog, publicUrl, onBackgroundFailure }
  const exchange = createExchange({
    database,
    store,
    bus,
    context: 'token',
    consumes: [
      {
        stream: 'OAUTH',
        handlers: oauthStreamHandlers({ handle, vault, clock, random, open: outside.sealedTokens.open }),
      },
    ],
    instanceId: holder.instanceId,
    clock,
    logger: outside.logger,
    metrics,
  })
  return {
    ...refreshing,
    ...google,
    ...diagnosis,
    store,
    vaultKeys,
    freshness,
    vendLog,
    vendAudit: createVendAudit(database),
    vend,
    exchange,
    publicUrl,
    schemaWatch,
  }
}

function createGoogle(
  config: TokenConfig,
  options: TokenServiceOptions,
  { breakerMetrics, onError }: Outside,
) {
  const googleClock = createGoogleClock(clock)
  const discovery = createGoogleDiscovery({
    issuer: config.GOOGLE_ISSUER,
    clock,
    googleClock,
    metrics: breakerMetrics,
  })
  const provider = createGoogleTokens({
    clientId: config.GOOGLE_CLIENT_ID,
    clientSecret: config.GOOGLE_CLIENT_SECRET,
    discovery,
    googleClock,
    clock,
    deadlineMs: options.deadlineMs ?? refreshDeadlineMs,
    metrics: breakerMetrics,
  })
  // Asked early for its Date header: the first vend must know already how wrong our clock is.
  discovery.endpoints().catch(onError('Google could not be reached yet'))
  return { discovery, provider }
}

function startClocks({ database, holder, onError }: Outside, core: Core) {
  const { provider, freshness } = core
  const claim = (limit: number) => ({ now: provider.now(), limit, claimMs })
  return {
    refreshes: startRefreshClock({
      // What drift keeps from being recorded must not be begun.
      claim: async (limit) =>
        core.schemaWatch.schema.stateOf('token.refresh') === 'unavailable'
          ? { grants: [], more: false }
          : claimDueRefreshes(database, claim(limit)),
      freshness,
      ids,
      onError: onError('a scheduled refresh failed'),
    }),
    revocations: startRevocationClock({
      ...core,
      claim: (limit) => claimDueRevocations(database, claim(limit)),
      onError: onError('a revocation was not finished'),
    }),
    rotations: startRotationClock({
      vaultKeys: core.vaultKeys,
      holder: holder.bootId,
      onError: onError('a rotation of the vault keys did not get on'),
    }),
    watching: watchGrants({
      warmTokens: core.vend.warmTokens,
      elapsedMs,
      safePosition: () => safePosition(database),
      changedAfter: (position) => grantsChangedAfter(database, position),
      tokenQuery: () => core.grants.ofConnection(holder.bootId),
      onError: onError('changes of grants could not be read'),
    }),
    resuming: resumeAbandonedRefreshes({
      abandoned: () => abandonedRefreshes(database, holder),
      freshness,
      ids,
      onError: onError('refreshes of an earlier life were not resumed'),
    }),
  }
}

function createApp(config: TokenConfig, outside: Outside, core: Core, revokeSoon: (grantId: string) => void) {
  const { database, health, metrics, logger, holder } = outside
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
  measureCohorts(metrics, { ...core, elapsedMs, onError: outside.onError('cohorts were not diagnosed') })
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
  return app
}
