import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '@evergrant/decider'
import { connectEventBus } from '@evergrant/event-bus'
import { createPostgresEventStore, openDatabase } from '@evergrant/event-store'
import { loadManifest, UndefinedGuard } from '@evergrant/schema-verification'
import {
  createAuthenticator,
  createExchange,
  createHealth,
  createHttpApp,
  createLogger,
  createMetrics,
  createSchemaVerification,
  deadLetterRoutes,
  type Exchange,
  type Health,
  type HttpApp,
  type Logger,
  type Metrics,
  requestQuotasFrom,
  type SchemaVerification,
  schemaFactCatalogue,
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
  findGrantsOfUser,
  KnownGrant,
  knownGrants,
  newestRefreshTokenHasEnd,
} from './projections/known-grants.ts'

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
  const logger = overrides.logger ?? createLogger({ name, level: config.LOG_LEVEL })
  const instanceId = config.INSTANCE_ID ?? randomUUID()
  const process = { clock, instanceId, logger, metrics: createMetrics(name) }
  const truth = await openTruth(config, process)
  const deps = await wireUseCases(config, process, truth)
  const health = createHealth({ clock })
  const schema = watchSchema(config, process, truth, health)
  const app = openHttp(config, process, health, schema)
  health.capability('database', databaseCapability(truth.database))
  health.capability('events', () => truth.exchange.health())
  health.capability('connect', connectCapability(deps.provider))
  authorizationRoutes(app, deps)
  browserRoutes(app, deps)
  configurationRoutes(app, deps)
  deadLetterRoutes(app, { service: name, deadLetters: truth.exchange.deadLetters, idempotent: false })

  await truth.exchange.start()
  await schema.start()
  const onError = (error: unknown) => logger.warn({ err: error }, 'an authorization was not ended')
  const sweeping = startSweepClock({ ...deps, onError }, { everyMs: sweepEveryMs })
  const url = await app.listen({ host: config.HOST, port: config.PORT })
  return {
    url,
    logger,
    stop: async () => {
      health.drain()
      await app.close()
      await sweeping.stop()
      await schema.stop()
      await truth.close()
    },
  }
}

const name = 'oauth-service'

interface Process {
  readonly clock: Clock
  readonly instanceId: string
  readonly logger: Logger
  readonly metrics: Metrics
}

type Truth = Awaited<ReturnType<typeof openTruth>>

function watchSchema(
  { DATABASE_URL: databaseUrl }: OauthConfig,
  process: Process,
  { database, store, bus }: Truth,
  health: Health,
): SchemaVerification {
  const manifest = loadManifest(new URL('../schema.manifest.json', import.meta.url), name)
  const where = { database, databaseUrl, store, bus, health, ids: uuidv7Ids }
  return createSchemaVerification({ ...process, ...where, context: 'oauth', manifest })
}

function openHttp(
  config: OauthConfig,
  process: Process,
  health: Health,
  schema: SchemaVerification,
): HttpApp {
  const { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience, AUTH_JWKS_URI: jwksUri } = config
  const authenticator = createAuthenticator({ issuer, audience, jwksUri })
  return createHttpApp({
    ...{ ...process, name, version: '1', health, schema, ids: uuidv7Ids, authenticator },
    ...{ quotas: requestQuotasFrom(config), trustedProxies: config.TRUSTED_PROXIES },
  })
}

/** The keys, the outside world behind its ports, and what the use cases ask of it. */
async function wireUseCases(config: OauthConfig, { clock, metrics }: Process, { database, store }: Truth) {
  const { PUBLIC_URL: publicUrl, GOOGLE_CLIENT_ID: id, GOOGLE_CLIENT_SECRET: secret } = config
  const key = await readSecretsKey(config.SECRETS_KEY_FILE)
  return {
    store,
    clock,
    pause,
    publicUrl,
    ids: uuidv7Ids,
    returnToOrigins: [new URL(publicUrl).origin, ...config.RETURN_TO_ORIGINS],
    tokenSeal: await createTokenSeal({ publicKey: config.TOKEN_SEALING_PUBLIC_KEY, clientId: id ?? '' }),
    provider: openGoogle({
      issuer: config.GOOGLE_ISSUER,
      client: id === undefined || secret === undefined ? null : { id, secret },
      missing: [
        ...(id === undefined ? ['GOOGLE_CLIENT_ID'] : []),
        ...(secret === undefined ? ['GOOGLE_CLIENT_SECRET'] : []),
      ],
      redirectUri: `${publicUrl}/v1/oauth/google/callback`,
      clock,
      metrics,
    }),
    secrets: createAuthorizationSecrets(database),
    requestKeys: createRequestKeys(database),
    oneTimeSecrets: createOneTimeSecrets(key),
    secretBox: createSecretBox(key),
    cookie: createBrowserCookie({ secure: publicUrl.startsWith('https:') }),
    knownGrants: {
      ofUser: (userId: string) => findGrantsOfUser(database, userId),
      newestHasEnd: () => newestRefreshTokenHasEnd(database),
    },
    due: { dueBefore: (now: Date, limit: number) => findAuthorizationsDue(database, now, limit) },
  }
}

/** Database, store and bus, joined. */
async function openTruth(config: OauthConfig, process: Process) {
  const { clock, logger } = process
  const database = await openDatabase({
    url: config.DATABASE_URL,
    entities: [AuthorizationDue, KnownGrant],
    subscribers: [new UndefinedGuard()],
    applicationName: name,
  })
  let exchange: Exchange | undefined
  const store = createPostgresEventStore({
    database,
    source: name,
    facts: { ...factCatalogue, ...schemaFactCatalogue },
    projections: [authorizationsDue, knownGrants],
    clock,
    onCommitted: () => exchange?.wake(),
  })
  const bus = await connectEventBus({
    url: config.NATS_URL,
    name,
    clock,
    onStatus: (status) => logger.info({ status }, 'event bus'),
  })
  const consumes = [{ stream: 'TOKEN', handlers: tokenStreamHandlers }]
  const streamReplicas = config.NATS_STREAM_REPLICAS
  exchange = createExchange({ ...process, database, store, bus, context: 'oauth', consumes, streamReplicas })
  const running = exchange
  return {
    database,
    store,
    bus,
    exchange: running,
    close: async () => {
      await running.stop()
      await bus.close()
      await database.close()
    },
  }
}
