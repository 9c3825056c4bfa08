import { setTimeout as pause } from 'node:timers/promises'
import { createPostgresEventStore } from '@evergrant/event-store'
import { createExchange, schemaFactCatalogue } from '@evergrant/service-runtime'
import { createVendAudit } from './adapters/audit/vend-audit.ts'
import { createVendLog } from './adapters/audit/vend-log.ts'
import { createGoogleClock } from './adapters/google/google-clock.ts'
import { createGoogleDiscovery } from './adapters/google/google-discovery.ts'
import { createGoogleTokens } from './adapters/google/google-tokens.ts'
import { createTokenOutcomes } from './adapters/outcomes/token-outcomes.ts'
import { createGrantSignals } from './adapters/signals/grant-signals.ts'
import { markRefreshTokens } from './adapters/vault/marked-vault.ts'
import { createPostgresVault } from './adapters/vault/postgres-vault.ts'
import { createVaultKeys } from './adapters/vault/vault-keys.ts'
import { grantHandler } from './application/grant-commands.ts'
import { createFreshness } from './application/keep-fresh.ts'
import type { RefreshDeps } from './application/refresh-grant.ts'
import { createRetryBudget } from './application/retry-budget.ts'
import { createWarmTokens } from './application/warm-tokens.ts'
import type { TokenConfig } from './config.ts'
import { createDiagnosis } from './diagnosis.ts'
import { grantFactCatalogue, grantIdOfStream } from './domain/grant-facts.ts'
import { refreshDeadlineMs, refreshLeaseMs } from './domain/refresh-timing.ts'
import { oauthStreamHandlers } from './entry-points/bus/on-token-issued.ts'
import { name, type Outside } from './outside.ts'
import { touchesTokens } from './projections/grant-changes.ts'
import { readGrantSnapshot, rememberGrant } from './projections/grant-snapshots.ts'
import { grantQueries } from './projections/grant-state.ts'
import { grantsProjection } from './projections/grants.ts'
import { watchSchema } from './watch-schema.ts'

/** What tests may change about a service; production leaves it alone. */
export interface TokenServiceOptions {
  readonly deadlineMs?: number
  readonly leaseMs?: number
  readonly crashPoint?: NonNullable<RefreshDeps['crashPoint']>
}

export type Core = ReturnType<typeof createCore>

/** The use cases and what they ask of the outside. */
export function createCore(config: TokenConfig, options: TokenServiceOptions, outside: Outside) {
  const { database, bus, metrics, holder, onError, clock, ids, random, elapsedMs } = outside
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
  })
  const snapshots = { read: readGrantSnapshot, remember: rememberGrant }
  const diagnosis = createDiagnosis({ database, clock })
  const handle = diagnosis.counting(grantHandler({ store, publicUrl, snapshots }))
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
    streamReplicas: config.NATS_STREAM_REPLICAS,
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
  { breakerMetrics, clock, onError }: Outside,
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
