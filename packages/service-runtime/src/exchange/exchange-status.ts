import type { Clock } from '@evergrant/decider'
import type { BusStatus, ConsumerLag, EventBus } from '@evergrant/event-bus'
import {
  type Database,
  type InboxStatus,
  inboxStatus,
  type OutboxStatus,
  outboxStatus,
} from '@evergrant/event-store'
import type { CapabilityReport } from '../health.ts'

const lateAfterSeconds = 60

export interface ExchangeStatus {
  readonly bus: BusStatus
  readonly outbox: OutboxStatus
  readonly inbox: InboxStatus
  /** By source stream; null while the bus cannot tell. */
  readonly lag: Readonly<Record<string, ConsumerLag | null>>
}

interface Where {
  readonly database: Database
  readonly bus: EventBus
  readonly consumer: string
  readonly streams: readonly string[]
  readonly clock: Clock
}

/** What the service can tell without asking the bus, which may be frozen when health is asked. */
export async function whatWaits({
  database,
  bus,
  consumer,
  clock,
}: Where): Promise<Omit<ExchangeStatus, 'lag'>> {
  const [outbox, inbox] = await Promise.all([
    outboxStatus({ database }),
    inboxStatus({ database, consumer, clock }),
  ])
  return { bus: bus.status(), outbox, inbox }
}

export async function exchangeStatus(where: Where): Promise<ExchangeStatus> {
  const { bus, consumer, streams } = where
  const [waits, ...lags] = await Promise.all([
    whatWaits(where),
    ...streams.map((stream) => bus.lag({ stream, durable: consumer })),
  ])
  return { ...waits, lag: Object.fromEntries(streams.map((stream, index) => [stream, lags[index] ?? null])) }
}

/** What people should know first: the bus before what it causes. */
export function healthOf({ bus, outbox, inbox }: Omit<ExchangeStatus, 'lag'>): CapabilityReport {
  if (!bus.connected) {
    return degraded('bus_unreachable', 'NATS cannot be reached; events wait in the outbox and none is lost.')
  }
  if (outbox.parked > 0) {
    return degraded('outbox_parked', `${outbox.parked} events cannot be published as they are.`)
  }
  if (inbox.parked > 0) {
    return degraded('inbox_parked', `${inbox.parked} events could not be applied; their streams wait.`)
  }
  if (outbox.oldestUnpublishedSeconds > lateAfterSeconds) {
    return degraded(
      'outbox_late',
      `Events wait ${Math.round(outbox.oldestUnpublishedSeconds)} s to be published.`,
    )
  }
  if (inbox.oldestHeldSeconds > lateAfterSeconds) {
    return degraded('inbox_held', `Events wait ${Math.round(inbox.oldestHeldSeconds)} s for one before them.`)
  }
  return { status: 'ok' }
}

const degraded = (reason: string, description: string): CapabilityReport => ({
  status: 'degraded',
  reason,
  description,
})
