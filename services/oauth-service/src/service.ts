import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '@evergrant/decider'
import { connectEventBus } from '@evergrant/event-bus'
import { createPostgresEventStore, openDatabase } from '@evergrant/event-store'
import {
  createAuthenticator,
  createExchange,
  createHealth,
  createHttpApp,
  createLogger,
  createMetrics,
  type Exchange,
  type Logger,
  type Metrics,
  systemClock,
  uuidv7Ids,
} from '@evergrant/service-runtime'
import { openGoogle } from './adapters/google/open-google.ts'
import { createAuthorizationSecrets } from './adapters/postgres/authorization-secrets.ts'
import { createRequestKeys } from './adapters/postgres/request-keys.ts'
import { createTokenSeal } from './adapters/sealing/token-seal.ts'
import { readSecretsKey } from './adapters/secrets/key-file.ts'
import { createOneTimeSecrets } from './adapters/secrets/one-time-secrets.ts'
import { createSecretBox } from './adapters/secrets/secret-box.ts'
import { factCatalogue } from './application/fact-catalogue.ts'
import type { OauthConfig } from './config.ts'
import { tokenStreamHandlers } from './entry-points/bus/on-refresh-token-lost.ts'
import { startSweepClock } from './entry-points/clock/sweep-clock.ts'
import { authorizationRoutes } from './entry-points/http/authorization-routes.ts'
import { createBrowserCookie } from './entry-points/http/browser-cookie.ts'
import { browserRoutes } from './entry-points/http/browser-routes.ts'
import { connectCapability, databaseCapability } from './entry-points/http/capabilities.ts'
import { configurationRoutes } from './entry-points/http/configuration-routes.ts'
import {
  AuthorizationDue,
  authorizationsDue,
  findAuthorizationsDue,
} from './projections/authorizations-due.ts'
import {
  hasLiveRefreshToken,
  KnownGrant,
  liveRefreshTokens,
  type RefreshTokenWish,
} from './projections/live-refresh-tokens.ts'

/** What a test replaces; never set in production. */
export interface OauthServiceOverrides {
  readonly clock?: Clock
  readonly logger?: Logger
  readonly sweepEveryMs?: number
}

export interface RunningOauthService {
  readonly url: string
  readonly logger: Logger
  /** Finishes requests, consumers and the sweep, then lets go of bus and database. */
  stop(): Promise<void>
}

/** Wires the service and starts it. It starts without Google and without NATS; it needs PostgreSQL and its keys. */
export async function startOauthService(
  config: OauthConfig,
  overrides: OauthServiceOverrides = {},
): Promise<RunningOauthService> {
  const { clock = systemClock, sweepEveryMs = 15_000 } = overrides
  const name = 'oauth-service'
  const instanceId = config.INSTANCE_ID ?? randomUUID()
  const logger = overrides.logger ?? createLogger({ name, level: config.LOG_LEVEL })
  const metrics = createMetrics(name)
  const [key, tokenSeal] = await Promise.all([
    readSecretsKey(config.SECRETS_KEY_FILE),
    createTokenSeal({
      publicKey: config.TOKEN_SEALING_PUBLIC_KEY,
      clientId: config.GOOGLE_CLIENT_ID ?? '',
    }),
  ])
  const truth = await openTruth(config, { clock, instanceId, logger, metrics })
  const { database, store, exchange } = truth
  const { GOOGLE_CLIENT_ID: id, GOOGLE_CLIENT_SECRET: secret } = config
  const provider = openGoogle({
    issuer: config.GOOGLE_ISSUER,
    client: id === undefined || secret === undefined ? null : { id, secret },
    redirectUri: `${config.PUBLIC_URL}/v1/oauth/google/callback`,
    clock,
    metrics,
  })
  const returnToOrigins = [new URL(config.PUBLIC_URL).origin, ...config.RETURN_TO_ORIGINS]
  const deps = {
    store,
    clock,
    pause,
    provider,
    tokenSeal,
    returnToOrigins,
    ids: uuidv7Ids,
    publicUrl: config.PUBLIC_URL,
    secrets: createAuthorizationSecrets(database),
    requestKeys: createRequestKeys(database),
    oneTimeSecrets: createOneTimeSecrets(key),
    secretBox: createSecretBox(key),
    cookie: createBrowserCookie({ secure: config.PUBLIC_URL.startsWith('https:') }),
    knownGrants: {
      hasLiveRefreshToken: (wish: RefreshTokenWish) => hasLiveRefreshToken(database, wish),
    },
    due: { dueBefore: (now: Date, limit: number) => findAuthorizationsDue(database, now, limit) },
  }

  const health = createHealth({ clock })
  health.capability('database', databaseCapability(database))
  health.capability('events', () => exchange.health())
  health.capability('connect', connectCapability(provider))
  const app = createHttpApp({
    name,
    version: '1',
    instanceId,
    logger,
    health,
    metrics,
    clock,
    ids: uuidv7Ids,
    authenticator: createAuthenticator({
      issuer: config.AUTH_ISSUER,
      audience: config.AUTH_AUDIENCE,
      jwksUri: config.AUTH_JWKS_URI,
    }),
  })
  authorizationRoutes(app, deps)
  browserRoutes(app, deps)
  configurationRoutes(app, deps)
  await exchange.start()
  const sweeping = startSweepClock(
    {
      ...deps,
      onError: (error: unknown) => logger.warn({ err: error }, 'overdue authorizations were not all ended'),
    },
    { everyMs: sweepEveryMs },
  )
  const url = await app.listen({ host: config.HOST, port: config.PORT })
  return {
    url,
    logger,
    stop: async () => {
      health.drain()
      await app.close()
      await sweeping.stop()
      await truth.close()
    },
  }
}

/** Database, store and bus, joined. */
async function openTruth(
  config: OauthConfig,
  with_: { clock: Clock; instanceId: string; logger: Logger; metrics: Metrics },
) {
  const { clock, logger } = with_
  const source = 'oauth-service'
  const database = await openDatabase({
    url: config.DATABASE_URL,
    entities: [AuthorizationDue, KnownGrant],
    applicationName: source,
  })
  let exchange: Exchange | undefined
  const store = createPostgresEventStore({
    database,
    source,
    facts: factCatalogue,
    projections: [authorizationsDue, liveRefreshTokens],
    clock,
    onCommitted: () => exchange?.wake(),
  })
  const bus = await connectEventBus({
    url: config.NATS_URL,
    name: source,
    clock,
    onStatus: (status) => logger.info({ status }, 'event bus'),
  })
  const consumes = [{ stream: 'TOKEN', handlers: tokenStreamHandlers }]
  exchange = createExchange({ ...with_, database, store, bus, context: 'oauth', consumes })
  const running = exchange
  return {
    database,
    store,
    exchange: running,
    close: async () => {
      await running.stop()
      await bus.close()
      await database.close()
    },
  }
}
