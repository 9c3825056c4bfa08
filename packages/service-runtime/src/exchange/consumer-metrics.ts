import type { Clock } from '@evergrant/decider'
import type { OldestUnprocessed } from '@evergrant/event-bus'
import type { Metrics } from '../metrics.ts'

type Answers = readonly (readonly [stream: string, oldest: OldestUnprocessed | null])[]

/** How late this service is, by source stream; what it is scaled by. */
export function measureConsumers(
  metrics: Metrics,
  by: {
    readonly streams: readonly string[]
    readonly oldestUnprocessed: (stream: string) => Promise<OldestUnprocessed | null>
    readonly clock: Clock
    readonly onError: (error: unknown) => void
  },
): void {
  const ask = async (stream: string) => {
    try {
      return [stream, await by.oldestUnprocessed(stream)] as const
    } catch (error) {
      by.onError(error)
      return [stream, null] as const
    }
  }
  let asking: Promise<Answers> | undefined
  // Both gauges of one scrape are made of one answer.
  const measure = () => {
    asking ??= Promise.all(by.streams.map(ask)).finally(() => {
      asking = undefined
    })
    return asking
  }
  metrics.gauge({
    name: 'evergrant_consumer_found',
    help: '1 while the bus tells of this service’s consumer on the stream; 0 when it is missing or NATS is away.',
    labelNames: ['stream'],
    async collect() {
      for (const [stream, oldest] of await measure()) this.set({ stream }, oldest ? 1 : 0)
    },
  })
  metrics.gauge({
    name: 'evergrant_consumer_oldest_unprocessed_seconds',
    help: 'Since the oldest event of the stream was published that this service has not processed; 0 when there is none, absent when nobody can tell.',
    labelNames: ['stream'],
    async collect() {
      const answers = await measure()
      // Absent, not 0: a scaler must not take a consumer that is gone for one with nothing to do.
      this.reset()
      for (const [stream, oldest] of answers) {
        if (oldest) this.set({ stream }, secondsSince(oldest.publishedAt, by.clock.now()))
      }
    },
  })
}

function secondsSince(time: string | null, now: Date): number {
  // NATS and this host have a clock each; an event is never from the future.
  return time === null ? 0 : Math.max(0, now.getTime() - Date.parse(time)) / 1_000
}
