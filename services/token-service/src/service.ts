import { randomUUID } from 'node:crypto'
import { connectEventBus } from '@evergrant/event-bus'
import { createPostgresEventStore, openDatabase, sqlOf } from '@evergrant/event-store'
import {
  createAuthenticator,
  createBreakerMetrics,
  createExchange,
  createHealth,
  createHttpApp,
  createLogger,
  createMetrics,
  createPostgresIdempotencyStore,
  type Exchange,
  systemClock,
  uuidv7Ids,
} from '@evergrant/service-runtime'
import { createVendLog } from './adapters/audit/vend-log.ts'
import { loadSealedTokens } from './adapters/envelope/sealed-tokens.ts'
import { createGoogleClock } from './adapters/google/google-clock.ts'
import { createGoogleDiscovery } from './adapters/google/google-discovery.ts'
import { createGoogleTokens } from './adapters/google/google-tokens.ts'
import { createTokenOutcomes } from './adapters/outcomes/token-outcomes.ts'
import { createRefreshSignals } from './adapters/signals/refresh-signals.ts'
import { loadKeyRing } from './adapters/vault/key-ring.ts'
import { createPostgresVault } from './adapters/vault/postgres-vault.ts'
import { grantHandler } from './application/grant-commands.ts'
import { createFreshness } from './application/keep-fresh.ts'
import type { RefreshDeps } from './application/refresh-grant.ts'
import type { TokenConfig } from './config.ts'
import { grantFactCatalogue } from './domain/grant-facts.ts'
import { refreshDeadlineMs, refreshLeaseMs } from './domain/refresh-timing.ts'
import { accessTokenService } from './entry-points/bus/access-token-service.ts'
import { oauthStreamHandlers } from './entry-points/bus/on-token-issued.ts'
import { startRefreshClock } from './entry-points/clock/refresh-due-grants.ts'
import { resumeAbandonedRefreshes } from './entry-points/clock/resume-abandoned-refreshes.ts'
import { startRevocationClock } from './entry-points/clock/revoke-due-grants.ts'
import { accessTokenRoutes } from './entry-points/http/access-token-routes.ts'
import { declareCapabilities } from './entry-points/http/capabilities.ts'
import { connectionRoutes } from './entry-points/http/connection-routes.ts'
import { googleHealthRoutes } from './entry-points/http/google-health-routes.ts'
import { historyRoutes } from './entry-points/http/history-routes.ts'
import { schemaRoutes } from './entry-points/http/schema-routes.ts'
import { abandonedRefreshes, claimDueGrants, type GrantTask } from './projections/grant-schedule.ts'
import { grantQueries } from './projections/grant-state.ts'
import { grantsProjection } from './projections/grants.ts'
import { serviceHealth } from './projections/service-health.ts'
import { UserOauthToken } from './projections/user-oauth-token.ts'

const name = 'token-service'
const version = '0.1.0'
const claimMs = 60_000

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
  const logger = createLogger({ name, level: config.LOG_LEVEL })
  const clock = systemClock
  const ids = uuidv7Ids
  const random = Math.random
  const holder = { instanceId: config.INSTANCE_ID ?? randomUUID(), bootId: randomUUID() }
  const onError = (what: string) => (error: unknown) => logger.warn({ err: error }, what)

  const keys = await loadKeyRing(config.VAULT_KEY_RING_FILE)
  const open = await loadSealedTokens(config.TOKEN_SEALING_PRIVATE_KEY_FILE)
  const metrics = createMetrics(name)
  const health = createHealth({ clock })
  const database = await openDatabase({
    url: config.DATABASE_URL,
    entities: [UserOauthToken],
    applicationName: name,
  })
  const bus = await connectEventBus({ url: config.NATS_URL, name, clock })
  let exchange: Exchange | undefined
  const store = createPostgresEventStore({
    database,
    source: name,
    facts: grantFactCatalogue,
    projections: [grantsProjection],
    clock,
    onCommitted: () => exchange?.wake(),
  })

  const googleClock = createGoogleClock(clock)
  const discovery = createGoogleDiscovery({ issuer: config.GOOGLE_ISSUER, clock, googleClock })
  const provider = createGoogleTokens({
    clientId: config.GOOGLE_CLIENT_ID,
    clientSecret: config.GOOGLE_CLIENT_SECRET,
    discovery,
    googleClock,
    clock,
    deadlineMs: options.deadlineMs ?? refreshDeadlineMs,
    metrics: createBreakerMetrics(metrics),
  })
  // Asked early for its Date header: the first vend must know already how wrong our clock is.
  discovery.endpoints().catch(onError('Google could not be reached yet'))
  const vault = createPostgresVault({ database, keys, ids })
  const grants = grantQueries(database)
  const publicUrl = config.PUBLIC_URL
  const handle = grantHandler({ store, publicUrl })
  const outcomes = createTokenOutcomes(metrics, clock)
  const signals = createRefreshSignals(bus)
  const vendLog = createVendLog({ database, ids, onError: onError('vends not written yet') })
  const freshness = createFreshness({
    handle,
    grants,
    vault,
    provider,
    signals,
    settled: signals.settled,
    outcomes,
    clock,
    ids,
    random,
    holder,
    leaseMs: options.leaseMs ?? refreshLeaseMs,
    ...(options.crashPoint === undefined ? {} : { crashPoint: options.crashPoint }),
  })
  const vend = {
    grants,
    vault,
    provider,
    freshness,
    vendLog,
    outcomes,
    clock,
    publicUrl,
    onBackgroundFailure: onError('a refresh behind a vend failed'),
  }

  exchange = createExchange({
    database,
    store,
    bus,
    context: 'token',
    consumes: [{ stream: 'OAUTH', handlers: oauthStreamHandlers({ handle, vault, clock, random, open }) }],
    instanceId: holder.instanceId,
    clock,
    logger,
    metrics,
  })

  const due = (task: GrantTask) => (limit: number) =>
    claimDueGrants(database, { task, now: provider.now(), limit, claimMs })
  const revocations = startRevocationClock({
    handle,
    grants,
    vault,
    provider,
    clock,
    random,
    claim: due('revoke'),
    ids,
    onError: onError('a revocation was not finished'),
  })
  const refreshes = startRefreshClock({
    claim: due('refresh'),
    freshness,
    ids,
    onError: onError('a scheduled refresh failed'),
  })

  declareCapabilities(health, {
    ping: () => database.ping(),
    tokenQuery: () => grants.ofConnection(holder.bootId),
    discovery,
    clientConfigured: config.GOOGLE_CLIENT_ID !== '' && config.GOOGLE_CLIENT_SECRET !== '',
    exchange,
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
    clock,
    ids,
  })
  connectionRoutes(app, {
    grants,
    handle,
    freshness,
    provider,
    revokeSoon: revocations.hurry,
    clock,
    publicUrl,
  })
  accessTokenRoutes(app, vend)
  historyRoutes(app, { grants, store, database })
  googleHealthRoutes(app, {
    serviceHealth: () => serviceHealth(database),
    ratesOf: outcomes.ratesOf,
    clock,
  })
  schemaRoutes(app)

  await exchange.start()
  const serving = await bus.serve(
    accessTokenService({ ...vend, version, newId: () => ids.next(), onDefect: onError('a vend failed') }),
  )
  const resuming = resumeAbandonedRefreshes({
    abandoned: () => abandonedRefreshes(database, holder),
    freshness,
    ids,
    onError: onError('refreshes of an earlier life were not resumed'),
  })
  const url = await app.listen({ host: config.HOST, port: config.PORT })

  let stopping: Promise<void> | undefined
  /** Callers first, then what works for them, then the road, then the truth. */
  const shutDown = async () => {
    health.drain()
    await app.close()
    await serving.stop()
    await refreshes.stop()
    await revocations.stop()
    await resuming
    await freshness.drain()
    await signals.stop()
    await exchange?.stop()
    await vendLog.stop()
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
