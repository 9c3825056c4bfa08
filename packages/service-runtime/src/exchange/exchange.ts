import type { Clock } from '@evergrant/decider'
import type { EventBus, Running, StreamDeclaration } from '@evergrant/event-bus'
import { type Context, droppedContracts } from '@evergrant/event-contracts'
import {
  createInbox,
  createParkedMessages,
  createRelay,
  type Database,
  type EventHandlers,
  type EventStore,
  type Inbox,
  type UnitOfWork,
} from '@evergrant/event-store'
import { createDeadLetters, type DeadLetters } from '../dead-letters/dead-letters.ts'
import type { CapabilityReport } from '../health.ts'
import type { Logger } from '../log/logger.ts'
import type { Metrics } from '../metrics.ts'
import { startConsumingSide } from './consuming-side.ts'
import { droppedEventHandlers } from './dropped-events.ts'
import { createExchangeMetrics } from './exchange-metrics.ts'
import { watchExchangeRewinds } from './exchange-rewinds.ts'
import { type ExchangeStatus, exchangeStatus, healthOf, whatWaits } from './exchange-status.ts'
import { startHousekeeping } from './housekeeping.ts'
import { startPublishingSide } from './publishing-side.ts'
import { serviceOf, streamOf, wakeSubject } from './subjects.ts'

export interface ExchangeOptions {
  readonly database: Database
  readonly store: EventStore
  readonly bus: EventBus
  /** Which service this is; its stream, source and consumer names follow from it. */
  readonly context: Context
  /** Source streams and what to do with their events; a subject without a handler is applied as nothing. */
  readonly consumes: readonly { readonly stream: string; readonly handlers: EventHandlers }[]
  /** Copies of its stream in a NATS cluster. */
  readonly streamReplicas: NonNullable<StreamDeclaration['replicas']>
  readonly instanceId: string
  /** In the transaction that writes down that the database was put back: numbers beside the store's that must not be given
   * twice. */
  readonly onRewound?: (unit: UnitOfWork) => Promise<void>
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  /** How often the newest versions are announced; 30 s. */
  readonly digestEveryMs?: number
  /** How long something may be missing before it is asked for; 5 s. */
  readonly repairAfterMs?: number
  readonly sweepEveryMs?: number
  readonly relayPollMs?: number
  readonly relayLeaseMs?: number
  /** How long a published event stays ready to be published again; 30 days. */
  readonly keepPublishedMs?: number
  readonly housekeepingEveryMs?: number
  /** A hook for failure tests. */
  readonly crashPoint?: (name: string) => void | Promise<void>
}

/** One service's side of the event exchange: its outbox to the bus, the bus to its inbox, and the repair of what got lost. */
export interface Exchange {
  start(): Promise<void>
  /** Finishes what is under way. Bus and database stay open: they belong to the caller. */
  stop(): Promise<void>
  /** Something to publish was committed; hand this to the store's `onCommitted`. Cheap, never throws. */
  wake(): void
  /** For operators: what it gave up on, on both sides, and what to do about it. */
  readonly deadLetters: DeadLetters
  readonly inbox: Inbox
  status(): Promise<ExchangeStatus>
  /** For `health.capability('events', exchange.health)`: at worst `degraded`, because the API works without the bus. */
  health(): Promise<CapabilityReport>
}

export function createExchange(options: ExchangeOptions): Exchange {
  const { database, store, bus, context, clock, instanceId, crashPoint } = options
  const service = serviceOf(context)
  const streams = [...new Set(options.consumes.map(({ stream }) => stream))]
  const logger = options.logger
  const fail = (what: string) => (error: unknown) => logger.warn({ err: error }, what)
  const hook = crashPoint === undefined ? {} : { crashPoint }

  const inbox = createInbox({
    store,
    database,
    consumer: service,
    handlers: Object.assign(
      droppedEventHandlers(logger),
      ...options.consumes.map(({ handlers }) => handlers),
    ),
    clock,
    onError: fail('an event was not applied'),
    ...hook,
  })
  const where = { database, bus, consumer: service, streams, clock }
  const status = () => exchangeStatus(where)
  const meters = createExchangeMetrics(options.metrics, {
    status,
    streams,
    oldestUnprocessed: (stream) => bus.oldestUnprocessed({ stream, durable: service }),
    clock,
    onError: fail('metrics not measured'),
  })
  const rewinds = watchExchangeRewinds({
    ...{ database, store, clock, bus, context, logger, metrics: options.metrics },
    onRewound: options.onRewound,
    onError: fail('metrics not measured'),
  })
  const relay = createRelay({
    database,
    rewinds,
    publish: async (messages) => meters.published(await bus.publish(messages)),
    instanceId,
    onError: fail('events were not published'),
    ...(options.relayPollMs === undefined ? {} : { pollMs: options.relayPollMs }),
    ...(options.relayLeaseMs === undefined ? {} : { leaseMs: options.relayLeaseMs }),
    ...hook,
  })

  let waking = false
  /** The shard may be another replica's: tell all of them, once per turn of the event loop. */
  const wake = () => {
    relay.wake()
    if (waking) return
    waking = true
    setImmediate(() => {
      waking = false
      bus.broadcast(wakeSubject(service), { by: instanceId })
    })
  }

  const parkedMessages = createParkedMessages({
    ...{ database, store, source: service, eventDropped: droppedContracts[context], onReleased: wake },
  })
  const deadLetters = createDeadLetters({ service, parkedEvents: inbox.parked, parkedMessages, store })

  const running: Running[] = []
  return {
    wake,
    deadLetters,
    inbox,
    status,
    health: async () => healthOf(await whatWaits(where)),
    start: async () => {
      const forgetErrors = bus.onError(fail('the event bus is in trouble'))
      running.push({ stop: async () => void forgetErrors() })
      await bus.declareStream({ ...streamOf(context), replicas: options.streamReplicas })
      relay.start()
      running.push({ stop: () => relay.stop() })
      running.push(
        bus.listen(wakeSubject(service), (body) => {
          if (callerOf(body) !== instanceId) relay.wake()
        }),
      )
      running.push(
        await startPublishingSide({
          database,
          bus,
          context,
          clock,
          digestEveryMs: options.digestEveryMs ?? 30_000,
          onError: fail('no digest was sent; the next one will do'),
          onRepaired: (republished) => {
            meters.repaired(republished)
            if (republished > 0) wake()
          },
        }),
      )
      running.push(
        startHousekeeping({
          database,
          clock,
          keepPublishedMs: options.keepPublishedMs ?? 30 * 24 * 60 * 60_000,
          everyMs: options.housekeepingEveryMs ?? 60 * 60_000,
          onError: fail('old published events were not removed; the next round will'),
        }),
        startConsumingSide({
          database,
          bus,
          inbox,
          consumer: service,
          streams,
          clock,
          sweepEveryMs: options.sweepEveryMs ?? 1_000,
          repairAfterMs: options.repairAfterMs ?? 5_000,
          onReceived: meters.received,
          onAsked: meters.asked,
          onError: (error, what) => logger.warn({ err: error }, what),
        }),
      )
    },
    stop: async () => {
      // Consumers first: what they still apply may have something to publish.
      for (const each of running.splice(0).reverse()) await each.stop()
    },
  }
}

/** Who called; nobody hears their own call, which they have followed already. */
function callerOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'by' in body ? body.by : undefined
}
