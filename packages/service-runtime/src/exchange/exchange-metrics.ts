import type { Clock } from '@evergrant/decider'
import type { OldestUnprocessed, PublishOutcome } from '@evergrant/event-bus'
import type { EventMessage } from '@evergrant/event-contracts'
import type { Metrics } from '../metrics.ts'
import { measureConsumers } from './consumer-metrics.ts'
import type { ExchangeStatus } from './exchange-status.ts'

/** Counters as things happen; gauges are measured when somebody scrapes. */
export function createExchangeMetrics(
  metrics: Metrics,
  context: {
    readonly status: () => Promise<ExchangeStatus>
    /** The source streams, and what each still owes this service; null where the bus cannot tell. */
    readonly streams: readonly string[]
    readonly oldestUnprocessed: (stream: string) => Promise<OldestUnprocessed | null>
    readonly clock: Clock
    readonly onError: (error: unknown) => void
  },
) {
  const published = metrics.counter({
    name: 'evergrant_events_published_total',
    help: 'Events handed to the bus, by outcome.',
    labelNames: ['outcome'],
  })
  const delay = metrics.histogram({
    name: 'evergrant_event_delay_seconds',
    help: 'From an event’s time to its commit in this service’s inbox.',
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600],
  })
  const asked = metrics.counter({
    name: 'evergrant_repairs_requested_total',
    help: 'Gaps this service asked a publisher to fill.',
  })
  const repaired = metrics.counter({
    name: 'evergrant_events_republished_total',
    help: 'Events published again because somebody missed them.',
  })

  let measuring: Promise<ExchangeStatus | undefined> | undefined
  const measure = () => {
    measuring ??= context
      .status()
      .catch((error) => {
        context.onError(error)
        return undefined
      })
      .finally(() => {
        measuring = undefined
      })
    return measuring
  }
  const gauge = (name: string, help: string, read: (status: ExchangeStatus) => number) =>
    metrics.gauge({
      name: `evergrant_${name}`,
      help,
      async collect() {
        const status = await measure()
        // Nothing rather than an old number: a scrape that could not look must not look healthy.
        if (status) this.set(read(status))
        else this.remove()
      },
    })
  gauge('bus_connected', '1 while NATS answers.', ({ bus }) => Number(bus.connected))
  gauge('outbox_unpublished', 'Events that wait to be published.', ({ outbox }) => outbox.unpublished)
  gauge(
    'outbox_oldest_unpublished_seconds',
    'Age of the oldest event that waits to be published.',
    ({ outbox }) => outbox.oldestUnpublishedSeconds,
  )
  gauge('outbox_parked', 'Events that cannot be published as they are.', ({ outbox }) => outbox.parked)
  gauge('inbox_parked', 'Events that could not be applied.', ({ inbox }) => inbox.parked)
  gauge('inbox_blocked_streams', 'Streams behind a parked event.', ({ inbox }) => inbox.blockedStreams)
  gauge('inbox_held', 'Events that wait for an earlier one of their stream.', ({ inbox }) => inbox.waiting)
  gauge(
    'inbox_oldest_held_seconds',
    'Age of the oldest event that waits for an earlier one.',
    ({ inbox }) => inbox.oldestHeldSeconds,
  )
  metrics.gauge({
    name: 'evergrant_consumer_waiting',
    help: 'Events on a source stream that this service has not fetched.',
    labelNames: ['stream'],
    async collect() {
      this.reset()
      for (const [stream, lag] of Object.entries((await measure())?.lag ?? {})) {
        if (lag) this.set({ stream }, lag.waiting)
      }
    },
  })
  measureConsumers(metrics, context)

  return {
    published: (outcomes: readonly PublishOutcome[]) => {
      for (const { status } of outcomes) published.inc({ outcome: status })
      return outcomes
    },
    received: (messages: readonly EventMessage[]) => {
      const now = context.clock.now().getTime()
      for (const { headers } of messages) {
        const at = Date.parse(headers['ce-time'] ?? '')
        if (!Number.isNaN(at)) delay.observe(Math.max(0, now - at) / 1_000)
      }
    },
    asked: (gaps: number) => asked.inc(gaps),
    repaired: (events: number) => repaired.inc(events),
  }
}
