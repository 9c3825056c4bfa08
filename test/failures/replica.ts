import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { connectEventBus, type EventBus } from '@evergrant/event-bus'
import { contracts, type EventMessage, encodeEvent, publication } from '@evergrant/event-contracts'
import {
  type AppendResult,
  createPostgresEventStore,
  type Database,
  type EventHandler,
  type EventStore,
  openDatabase,
  sqlOf,
} from '@evergrant/event-store'
import {
  createExchange,
  createLogger,
  createMetrics,
  type Exchange,
  systemClock,
} from '@evergrant/service-runtime'

/** What one replica of a small service is made of: a publisher (`token`) or a consumer of what it publishes (`calendar`). */
export interface ReplicaOptions {
  readonly role: 'publisher' | 'consumer'
  readonly databaseUrl: string
  readonly natsUrl: string
  /** Called at the named points of store, relay and inbox. */
  readonly crashPoint?: (name: string) => void | Promise<void>
  /** Puts something between the service and its bus, e.g. to lose an answer. */
  readonly throughBus?: (bus: EventBus) => EventBus
  /** Runs before the effect is written. */
  readonly beforeEffect?: EventHandler
  /** false: a committed event is only found by the relay's poll. */
  readonly wakes?: boolean
  readonly relayLeaseMs?: number
  readonly keepPublishedMs?: number
  /** true: the intervals of a service as it runs, to measure it. */
  readonly asInProduction?: boolean
}

export interface Replica {
  readonly store: EventStore
  readonly database: Database
  readonly bus: EventBus
  readonly exchange: Exchange
  /** What went wrong on the connection, e.g. a permission that is missing. */
  readonly busErrors: readonly string[]
  /** Records one fact and what leaves because of it. */
  append(streamId: string, text: string, commandId?: string): Promise<AppendResult>
  /** Lets the relay and the consumers run. */
  start(): Promise<void>
  stop(): Promise<void>
}

export const sourceStream = 'TOKEN'
export const publisher = 'token-service'
export const consumer = 'calendar-service'
export const metadata = { actor: { kind: 'service', id: 'spec' }, correlationId: 'spec' } as const

/** An event of the publisher as its outbox freezes it, for specs that put it on the bus themselves. */
export function frozenEvent(streamId: string, version: number): EventMessage {
  const data = { ...contracts.grantRevoked.example, reason: `${version}` }
  const attributes = { source: publisher, streamId, version, time: '2026-01-01T00:00:00.000Z' }
  return encodeEvent(publication(contracts.grantRevoked, data), attributes)
}

const impatient = {
  digestEveryMs: 250,
  repairAfterMs: 300,
  sweepEveryMs: 50,
  relayPollMs: 50,
  relayLeaseMs: 1_000,
  housekeepingEveryMs: 50,
}

/** Opens a replica; nothing moves before `start`. Intervals are short, so that a spec waits milliseconds, not minutes. */
export async function openReplica(options: ReplicaOptions): Promise<Replica> {
  const { role, crashPoint } = options
  const hook = crashPoint === undefined ? {} : { crashPoint }
  const context = role === 'publisher' ? 'token' : 'calendar'
  const database = await openDatabase({ url: options.databaseUrl, applicationName: `spec-${role}` })
  const busErrors: string[] = []
  const connected = await connectEventBus({
    url: options.natsUrl,
    name: `spec-${role}`,
    clock: systemClock,
    ackWaitMs: 1_000,
    onError: (error) => busErrors.push(String(error)),
  })
  const bus = options.throughBus?.(connected) ?? connected
  const store = createPostgresEventStore({
    database,
    source: `${context}-service`,
    facts: { Happened: { schemaVersion: 1 } },
    projections: [],
    clock: systemClock,
    ...(options.wakes === false ? {} : { onCommitted: () => exchange.wake() }),
    ...hook,
  })
  const exchange: Exchange = createExchange({
    database,
    store,
    bus,
    context,
    streamReplicas: 1,
    consumes:
      role === 'publisher'
        ? []
        : [{ stream: sourceStream, handlers: { [contracts.grantRevoked.subject]: recordEffect(options) } }],
    instanceId: randomUUID(),
    clock: systemClock,
    logger: createLogger({ name: `spec-${role}`, level: 'silent' }),
    metrics: createMetrics(`spec-${role}`),
    ...(options.asInProduction ? {} : impatient),
    ...(options.relayLeaseMs === undefined ? {} : { relayLeaseMs: options.relayLeaseMs }),
    ...(options.keepPublishedMs === undefined ? {} : { keepPublishedMs: options.keepPublishedMs }),
    ...hook,
  })
  return {
    store,
    database,
    bus,
    exchange,
    busErrors,
    append: (streamId, text, commandId) =>
      store.transaction((unit) =>
        unit.append({
          streamId,
          streamType: 'spec',
          expectedVersion: 'any',
          facts: [{ type: 'Happened', data: { text } }],
          publications: [
            publication(contracts.grantRevoked, { ...contracts.grantRevoked.example, reason: text }),
          ],
          metadata,
          ...(commandId === undefined ? {} : { commandId }),
        }),
      ),
    start: () => exchange.start(),
    stop: async () => {
      await exchange.stop()
      await bus.close()
      await database.close()
    },
  }
}

/** The table has no unique key: an effect that happens twice is there twice. */
function recordEffect({ beforeEffect }: ReplicaOptions): EventHandler {
  return async (event, unit) => {
    await beforeEffect?.(event, unit)
    // Yields, so that two batches would interleave if nothing kept them apart.
    await delay(0)
    await sqlOf(unit)('insert into effect (stream_id, version, text) values ($1, $2, $3)', [
      event.attributes.streamId,
      event.attributes.version,
      (event.data as { reason: string }).reason,
    ])
  }
}
