import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectEventBus } from '@evergrant/event-bus'
import { createPostgresEventStore, openDatabase } from '@evergrant/event-store'
import { loadManifest } from '@evergrant/schema-verification'
import {
  createExchange,
  createHealth,
  createLogger,
  createMetrics,
  createSchemaVerification,
  type Exchange,
  schemaFactCatalogue,
  systemClock,
  uuidv7Ids,
} from '@evergrant/service-runtime'
import { postgresCalendarRows } from './adapters/postgres/calendar-rows.ts'
import { createDoubtfulWrites } from './adapters/postgres/doubtful-writes.ts'
import { postgresEventRows } from './adapters/postgres/event-rows.ts'
import { liftFeeds } from './adapters/postgres/feed-positions.ts'
import { postgresItemRows } from './adapters/postgres/item-rows.ts'
import { postgresKnownConnections } from './adapters/postgres/known-connections.ts'
import { createRequestBudget } from './adapters/postgres/request-budget.ts'
import { postgresResources } from './adapters/postgres/resources.ts'
import { createRunQueue } from './adapters/postgres/run-queue.ts'
import { postgresSharedDrives } from './adapters/postgres/shared-drives.ts'
import { createStaleCopies } from './adapters/postgres/stale-copies.ts'
import { syncRecords } from './adapters/postgres/sync-records.ts'
import { createBusAccessTokens } from './adapters/token/bus-access-tokens.ts'
import { createBusWriteTokens } from './adapters/token/bus-write-tokens.ts'
import { createAllowances } from './application/allowances.ts'
import { createForgetSyncs } from './application/forget-syncs.ts'
import { createLinkConnection } from './application/link-connection.ts'
import { createPollStaleCopies } from './application/poll-stale-copies.ts'
import { createRequestSync } from './application/request-sync.ts'
import { createSettleDoubtfulWrites } from './application/settle-doubtful-writes.ts'
import { createSources } from './application/sources.ts'
import { createWalkResource } from './application/walk-resource.ts'
import { createWriteEvent } from './application/write-event.ts'
import { type CalendarConfig, gmailPushOf, pushAddress, quotasOf } from './config.ts'
import { calendarFactCatalogue } from './domain/fact-catalogue.ts'
import { queuesRuns } from './domain/sync-facts.ts'
import { subscriptions } from './entry-points/bus/subscriptions.ts'
import { createForgottenSyncsMetrics } from './entry-points/clock/forgotten-syncs-metrics.ts'
import { createPollClock } from './entry-points/clock/poll-clock.ts'
import { createRunWorker, type RunWorker } from './entry-points/clock/run-worker.ts'
import { measureFreshness } from './entry-points/http/freshness-metrics.ts'
import { measureQuota } from './entry-points/http/quota-metrics.ts'
import { measureBacklog } from './entry-points/http/sync-metrics.ts'
import { openGoogle } from './google-apis.ts'
import { createCalendarHttp, name } from './http-app.ts'
import { oldestCopies, soonestChannelEnds } from './projections/copy-freshness.ts'
import { eventWrites } from './projections/event-writes.ts'
import { knownConnections } from './projections/known-connections.ts'
import { syncBacklog } from './projections/sync-backlog.ts'
import { syncStatus } from './projections/sync-status.ts'
import { openPush } from './push.ts'
import type { CalendarServiceOptions } from './service-options.ts'

const version = '0.1.0'
// A page of 2500 large events takes Google seconds; the lease is longer than this and one transaction.
const googleDeadlineMs = 25_000
const dayMs = 86_400_000

export interface CalendarService {
  readonly url: string
  readonly logger: ReturnType<typeof createLogger>
  stop(): Promise<void>
}

/** Wires and starts one replica.
 * @throws DomainError `database_unavailable`: without it nothing works. */
export async function startCalendarService(
  config: CalendarConfig,
  options: CalendarServiceOptions = {},
): Promise<CalendarService> {
  const logger = createLogger({ name, level: config.LOG_LEVEL })
  const clock = systemClock
  const ids = uuidv7Ids
  const instanceId = config.INSTANCE_ID ?? randomUUID()
  const staleAfterMs = config.SYNC_STALE_AFTER_SECONDS * 1000
  const backstopAfterMs = config.SYNC_BACKSTOP_AFTER_SECONDS * 1000
  const leaseMs = options.leaseMs ?? config.SYNC_LEASE_SECONDS * 1000
  const onError = (what: string) => (error: unknown) => logger.warn({ err: error }, what)

  const gmailPush = gmailPushOf(config)
  const metrics = createMetrics(name)
  const health = createHealth({ clock })
  const database = await openDatabase({ url: config.DATABASE_URL, applicationName: name })
  const bus = await connectEventBus({ url: config.NATS_URL, name, clock })
  let exchange: Exchange | undefined
  let worker: RunWorker | undefined
  const store = createPostgresEventStore({
    database,
    source: name,
    facts: { ...calendarFactCatalogue, ...schemaFactCatalogue },
    projections: [knownConnections, syncStatus, eventWrites],
    clock,
    onCommitted: () => exchange?.wake(),
    onAppended: (facts) => {
      if (facts.some(({ type }) => queuesRuns.has(type))) worker?.wake()
    },
  })

  const google = openGoogle({
    rootUrl: config.GOOGLE_API_ROOT_URL,
    deadlineMs: googleDeadlineMs,
    gmailMessageUnits: config.GMAIL_UNITS_PER_MESSAGE,
    pushAddress: pushAddress(config),
    gmailTopic: gmailPush?.topic ?? null,
    clock,
    metrics,
  })
  const sources = createSources({
    calendar: google.calendar,
    mail: google.mail,
    drive: google.drive,
    events: postgresEventRows,
    calendars: postgresCalendarRows,
    items: postgresItemRows,
    drives: postgresSharedDrives,
    resources: postgresResources,
  })
  const budget = measureQuota(
    metrics,
    createRequestBudget(database, quotasOf(config), options.quotaWindowSeconds),
    onError('the quota was not measured'),
  )
  const allowances = createAllowances(budget)
  const queue = createRunQueue(database)
  const resources = postgresResources
  const requestSync = createRequestSync({
    connections: postgresKnownConnections,
    resources,
    queue,
    clock,
    ids,
  })
  const linkConnection = createLinkConnection({ resources, queue, requestSync, clock, ids })
  const tokens = createBusAccessTokens({ bus, clock, timeoutMs: 10_000 })
  const walk = createWalkResource({
    store,
    tokens,
    sources,
    allowances,
    resources,
    queue,
    clock,
    ids,
    random: options.random ?? Math.random,
    leaseMs,
    // As many as a page of events has.
    sliceRows: 2500,
    onDefect: onError('a page was not stored'),
    ...(options.crashPoint === undefined ? {} : { crashPoint: options.crashPoint }),
  })
  worker = createRunWorker({
    queue,
    walk,
    owner: instanceId,
    leaseMs,
    lanes: config.SYNC_LANES,
    idleMs: options.idleMs ?? 500,
    onError: onError('a sync run was interrupted'),
  })
  const writing = {
    store,
    resources,
    events: postgresEventRows,
    google: google.eventWrites,
    tokens: createBusWriteTokens({ bus, timeoutMs: 10_000 }),
    allowances: createAllowances(budget, { ms: config.WRITE_QUOTA_WAIT_SECONDS * 1000, sleep }),
    clock,
  }
  const settleDoubtfulWrites = createSettleDoubtfulWrites({
    ...writing,
    doubtful: createDoubtfulWrites(database),
    ids,
    olderThanMs: options.doubtAfterMs ?? 2 * googleDeadlineMs,
    onError: onError('a write in doubt could not be settled'),
  })
  const push = openPush({
    database,
    store,
    google: google.channels,
    gmailPush,
    onBehalfOf: async (connectionId, kind) => {
      const { service } = sources[kind]
      const accessToken = await tokens.get(connectionId, { fresh: false, service })
      return { accessToken, allowance: allowances(service, connectionId) }
    },
    requestSync,
    ids,
    metrics,
    ...(options.renewChannelsBeforeMs === undefined ? {} : { renewBeforeMs: options.renewChannelsBeforeMs }),
    onError: onError('a push channel was not kept'),
  })
  const stale = createStaleCopies(database)
  const forgetSyncs = createForgetSyncs({
    ...{ store, database, rows: syncRecords, clock },
    keptMs: config.SYNC_RECORDS_KEPT_DAYS * dayMs,
    onForgotten: createForgottenSyncsMetrics(metrics),
  })
  const polls = createPollClock({
    often: [createPollStaleCopies({ store, stale, requestSync, ids, staleAfterMs, backstopAfterMs })],
    seldom: [
      () => stale.forgetOldRuns(dayMs),
      forgetSyncs,
      settleDoubtfulWrites,
      push.keepChannels,
      budget.forgetIdle,
    ],
    staleAfterMs,
    ...(options.pollEveryMs === undefined ? {} : { everyMs: options.pollEveryMs }),
    onError: onError('old copies were not looked for'),
  })

  exchange = createExchange({
    database,
    store,
    bus,
    context: 'calendar',
    streamReplicas: config.NATS_STREAM_REPLICAS,
    consumes: subscriptions({ linkConnection, requestSync, source: name, ids, clock }),
    onRewound: liftFeeds,
    instanceId,
    clock,
    logger,
    metrics,
  })

  const schema = createSchemaVerification({
    context: 'calendar',
    manifest: loadManifest(new URL('../schema.manifest.json', import.meta.url), name),
    database,
    databaseUrl: config.DATABASE_URL,
    store,
    bus,
    health,
    instanceId,
    clock,
    ids,
    logger,
    metrics,
  })
  measureBacklog(metrics, () => syncBacklog(database), onError('the backlog was not measured'))
  measureFreshness(metrics, {
    oldestCopies: () => oldestCopies(database),
    soonestChannelEnds: () => soonestChannelEnds(database),
    onError: onError('freshness was not measured'),
  })
  const app = createCalendarHttp({
    ...{
      config,
      version,
      instanceId,
      staleAfterMs,
      backstopAfterMs,
      database,
      store,
      health,
      schema,
      metrics,
      logger,
      clock,
      ids,
    },
    ...{
      requestSync,
      writeEvent: createWriteEvent(writing),
      push,
      exchange,
      breakerStates: google.breakerStates,
    },
  })

  await exchange.start()
  await schema.start()
  worker.start()
  polls.start()
  const url = await app.listen({ host: config.HOST, port: config.PORT })

  return {
    url,
    logger,
    stop: async () => {
      health.drain()
      await app.close()
      await polls.stop()
      await worker?.stop()
      await schema.stop()
      await exchange?.stop()
      await bus.close()
      await database.close()
    },
  }
}
