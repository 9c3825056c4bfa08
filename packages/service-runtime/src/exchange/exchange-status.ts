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

export async function exchangeStatus(where: {
  readonly database: Database
  readonly bus: EventBus
  readonly consumer: string
  readonly streams: readonly string[]
  readonly clock: Clock
}): Promise<ExchangeStatus> {
  const { database, bus, consumer, streams, clock } = where
  const [outbox, inbox, ...lags] = await Promise.all([
    outboxStatus({ database }),
    inboxStatus({ database, consumer, clock }),
    ...streams.map((stream) => bus.lag({ stream, durable: consumer })),
  ])
  const lag = Object.fromEntries(streams.map((stream, index) => [stream, lags[index] ?? null]))
  return { bus: bus.status(), outbox, inbox, lag }
}

/** What people should know first: the bus before what it causes. */
export function healthOf({ bus, outbox, inbox }: ExchangeStatus): CapabilityReport {
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
