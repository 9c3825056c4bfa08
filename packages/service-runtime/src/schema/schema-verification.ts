import type { Clock, Ids } from '@evergrant/decider'
import type { EventBus } from '@evergrant/event-bus'
import type { Context, SchemaChange } from '@evergrant/event-contracts'
import type { Database, EventStore } from '@evergrant/event-store'
import {
  createWatcher,
  type DdlNotice,
  type Manifest,
  mayStart,
  schemaSession,
  type VerificationReport,
  verifySchema,
  type Watcher,
} from '@evergrant/schema-verification'
import type { CapabilityStatus, Health } from '../health.ts'
import type { Logger } from '../log/logger.ts'
import type { Metrics } from '../metrics.ts'
import { joinHealth } from './drift-health.ts'
import { createDriftStanding } from './drift-standing.ts'
import { createSchemaMetrics } from './schema-metrics.ts'
import { createSchemaRecord } from './schema-record.ts'
import { type SchemaReport, schemaSubject } from './schema-report.ts'

// Found within this time even where PostgreSQL cannot tell of DDL by itself.
const pollMs = 2_000
// Often enough that three in a row cannot be lost by chance before anybody calls the verifier dead.
const tellEveryMs = 5_000
// Older DDL did not cause what is found now.
const changeIsRecentMs = 30_000

export interface SchemaVerificationOptions {
  readonly context: Context
  readonly manifest: Manifest
  /** Whose errors are a reason to look. */
  readonly database: Pick<Database, 'onQueryError'>
  /** For a session of its own that looks at the schema and hears of DDL. */
  readonly databaseUrl: string
  readonly store: EventStore
  readonly bus: Pick<EventBus, 'broadcast'>
  readonly health: Health
  readonly instanceId: string
  readonly clock: Clock
  readonly ids: Ids
  readonly logger: Logger
  readonly metrics: Metrics
  readonly pollMs?: number
}

/** One service process's watch over its own schema: degrades what drift takes away and tells everyone. */
export interface SchemaVerification {
  /** Looks once and goes on looking; the first look decides whether the process becomes ready. */
  start(): Promise<void>
  stop(): Promise<void>
  report(): SchemaReport
  stateOf(capability: string): CapabilityStatus
  /** @throws DomainError `schema_drift` while drift has taken the capability away. */
  demand(capability: string): void
}

export function createSchemaVerification(options: SchemaVerificationOptions): SchemaVerification {
  const { context, manifest, database, clock, logger, bus, instanceId } = options
  const standing = createDriftStanding(clock)
  const record = createSchemaRecord(options)
  const meters = createSchemaMetrics(options.metrics, clock)
  let gatePassed = false
  let change: SchemaChange | null = null
  let lastTold = { at: Number.NEGATIVE_INFINITY, incidentId: '' }
  joinHealth(options.health, standing, {
    capabilities: Object.keys(manifest.contract.capabilities),
    gatePassed: () => gatePassed,
  })

  const report = (): SchemaReport => ({
    ...reportOf(manifest, standing.report()),
    ...incidentOf(),
    instanceId,
  })
  const incidentOf = () => {
    const incident = standing.incident()
    return {
      incidentId: incident?.incidentId ?? null,
      detectedAt: incident?.detectedAt ?? null,
      change: incident === null ? null : change,
    }
  }
  const tell = () => {
    const now = clock.now().getTime()
    const incidentId = standing.incident()?.incidentId ?? ''
    if (incidentId === lastTold.incidentId && now - lastTold.at < tellEveryMs) return
    lastTold = { at: now, incidentId }
    bus.broadcast(schemaSubject(context), report())
  }
  const accept = (found: VerificationReport) => {
    const before = standing.incident()?.incidentId
    standing.accept(found)
    const incident = standing.incident()
    gatePassed ||= mayStart(found)
    const recent = change !== null && clock.now().getTime() - Date.parse(change.changedAt) < changeIsRecentMs
    if (incident?.incidentId !== before) {
      logChange(logger, found, incident?.incidentId ?? null)
      if (incident !== null && change !== null && recent) meters.detected(change)
    }
    meters.verified(found)
    tell()
    record({ report: found, incident, change: recent ? change : null }).catch((error: unknown) =>
      logger.warn({ err: error }, 'the schema standing is not on record yet'),
    )
  }

  const session = schemaSession({
    url: options.databaseUrl,
    applicationName: `${manifest.service} schema`,
    onError: (error) => logger.warn({ err: error }, 'DDL is not heard of; the poll goes on'),
  })
  const watcher: Watcher = createWatcher({
    verify: (trigger) => verifySchema({ sql: session.sql, manifest, clock, trigger }),
    listen: async ({ onDdl, onReconnect }) =>
      session.listen({
        onDdl: (notice) => {
          if (notice !== undefined) change = changeOf(notice)
          onDdl()
        },
        onReconnect,
      }),
    pollMs: options.pollMs ?? pollMs,
    onReport: accept,
    onError: (error) => logger.error({ err: error }, 'the schema was not verified'),
  })
  // What real traffic runs into is found before any poll.
  database.onQueryError(watcher.notice)
  return {
    start: async () => void (await watcher.start()),
    stop: () => watcher.stop(),
    report,
    stateOf: standing.stateOf,
    demand: standing.demand,
  }
}

function changeOf({ tag, objects, user, application, at }: DdlNotice): SchemaChange {
  return {
    command: tag,
    objects: [...objects],
    role: user,
    application,
    changedAt: new Date(at).toISOString(),
  }
}

function reportOf(manifest: Manifest, found: VerificationReport | null) {
  return {
    service: manifest.service,
    status: found?.status ?? ('unverifiable' as const),
    manifestHash: found?.manifestHash ?? null,
    databaseHash: found?.databaseHash ?? null,
    lastVerifiedAt: found?.lastVerifiedAt ?? null,
    trigger: found?.trigger ?? null,
    findings: (found?.findings ?? []).map((finding) => ({
      ...finding,
      capabilities: [...finding.capabilities],
    })),
    capabilities: { ...found?.capabilities },
    unverifiable:
      found === null ? { code: 'not_verified_yet', message: 'Nobody has looked yet.' } : found.unverifiable,
    ddlNotification: found?.ddlNotification ?? null,
    aheadBy: [...(found?.aheadBy ?? [])],
  }
}

function logChange(logger: Logger, { findings, trigger }: VerificationReport, incidentId: string | null) {
  if (incidentId === null) return logger.info({ trigger }, 'the schema is right again')
  logger.error(
    {
      incidentId,
      trigger,
      findings: findings.map(({ path, kind, capabilities }) => ({ path, kind, capabilities })),
    },
    'the schema has drifted',
  )
}
