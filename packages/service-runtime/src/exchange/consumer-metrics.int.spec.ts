import { randomUUID } from 'node:crypto'
import { connectEventBus, type EventBus } from '@evergrant/event-bus'
import { contracts, encodeEvent, publication } from '@evergrant/event-contracts'
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { createMetrics } from '../metrics.ts'
import { measureConsumers } from './consumer-metrics.ts'

const patience = { timeout: 10_000, interval: 20 }
const durable = 'token-service'

describe('how late a service is, on NATS', () => {
  let bus: EventBus
  let stream: string
  let sentAt: number
  let aheadMs: number

  const connectBus = () =>
    connectEventBus({ url: inject('natsUrl'), name: 'spec', clock: { now: () => new Date() } })

  beforeEach(async () => {
    bus = await connectBus()
    stream = `LATE-${randomUUID()}`
    aheadMs = 0
    await bus.declareStream({ name: stream, subjects: [`evergrant.${stream}.>`] })
  })
  afterEach(() => bus.close())

  const publish = async (version: number) => {
    const identity = { source: 'oauth-service', streamId: 'a', version }
    const encoded = encodeEvent(publication(contracts.grantRevoked, contracts.grantRevoked.example), {
      ...identity,
      time: '2026-01-01T00:00:00.000Z',
    })
    sentAt = Date.now()
    const message = { ...encoded, ...identity, subject: `evergrant.${stream}.happened.v1`, repair: 0 }
    expect(await bus.publish([message])).toMatchObject([{ status: 'published' }])
  }
  const open = (asked = bus) => {
    const metrics = createMetrics(durable)
    measureConsumers(metrics, {
      streams: [stream],
      oldestUnprocessed: (source) => asked.oldestUnprocessed({ stream: source, durable }),
      clock: { now: () => new Date(sentAt + aheadMs) },
      onError: (error) => {
        throw error
      },
    })
    return async () => {
      const lines = (await metrics.text()).split('\n')
      const read = (name: string) => {
        const line = lines.find((each) => each.startsWith(`${name}{stream="${stream}",`))
        return line === undefined ? 'absent' : Number(line.replace(/.* /, ''))
      }
      return {
        found: read('evergrant_consumer_found'),
        seconds: read('evergrant_consumer_oldest_unprocessed_seconds'),
      }
    }
  }

  it('is 0 while nothing waits, the age of the oldest event while it is not processed, and 0 again after', async () => {
    await publish(1)
    const scrape = open()
    const release = Promise.withResolvers<void>()
    let taken = 0
    bus.consume({ stream, durable }, async (batch) => {
      taken += batch.length
      if (taken > 1) await release.promise
      return { status: 'done' }
    })
    await vi.waitFor(async () => expect(await scrape()).toEqual({ found: 1, seconds: 0 }), patience)
    await publish(2)
    const oldest = sentAt
    await vi.waitFor(() => expect(taken).toBe(2), patience)
    await publish(3)
    sentAt = oldest
    aheadMs = 90_000
    const { seconds } = await scrape()
    release.resolve()
    expect(Number(seconds)).toBeGreaterThan(60)
    // The server's clock and ours were seen 12 ms apart on one machine.
    expect(Number(seconds)).toBeLessThan(91)
    await vi.waitFor(async () => expect(await scrape()).toEqual({ found: 1, seconds: 0 }), patience)
  })

  it('is never negative, whatever the clocks of NATS and of this host say', async () => {
    await publish(1)
    const scrape = open()
    bus.consume({ stream, durable }, async () => ({ status: 'again', delayMs: 60_000, reason: 'not now' }))
    aheadMs = -3_600_000
    await vi.waitFor(async () => expect(await scrape()).toEqual({ found: 1, seconds: 0 }), patience)
  })

  it('is absent and said to be missing, never 0, while the consumer is not there', async () => {
    await publish(1)
    const scrape = open()
    expect(await scrape()).toEqual({ found: 0, seconds: 'absent' })
    bus.consume({ stream, durable }, async () => ({ status: 'done' }))
    await vi.waitFor(async () => expect(await scrape()).toEqual({ found: 1, seconds: 0 }), patience)
  })

  it('is absent while NATS cannot be asked', async () => {
    await publish(1)
    const away = await connectBus()
    const scrape = open(away)
    await away.close()
    expect(await scrape()).toEqual({ found: 0, seconds: 'absent' })
  })
})
