import { randomUUID } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { patience, untilEffects, upTo, useTwoServices } from './two-services.ts'

describe('a consumer that dies', () => {
  const services = useTwoServices()

  const publishedStream = async () => {
    const publisher = await services.openPublisher()
    const streamId = `spec-${randomUUID()}`
    for (const version of upTo(5)) await publisher.append(streamId, `${version}`)
    await publisher.start()
    await vi.waitFor(async () => {
      expect((await publisher.exchange.status()).outbox.unpublished).toBe(0)
    }, patience)
    return streamId
  }

  it('inside its transaction leaves no effect, and the redelivered events count once', async () => {
    const consumer = await services.openConsumer()
    const streamId = await publishedStream()
    await services.runUntilKilled('consumer', 'inbox-before-commit')
    expect(await services.effectsOf(consumer, streamId)).toEqual([])
    await consumer.start()
    await untilEffects(() => services.effectsOf(consumer, streamId), 5)
  })

  it('after its commit and before its acknowledgement gets the events again and drops them', async () => {
    const consumer = await services.openConsumer()
    const streamId = await publishedStream()
    await services.runUntilKilled('consumer', 'inbox-after-commit')
    const applied = await services.effectsOf(consumer, streamId)
    expect(applied.length).toBeGreaterThan(0)
    await consumer.start()
    await untilEffects(() => services.effectsOf(consumer, streamId), 5)
    await vi.waitFor(async () => {
      const lag = await consumer.bus.lag({ stream: 'TOKEN', durable: 'calendar-service' })
      expect(lag).toEqual({ waiting: 0, unacknowledged: 0 })
    }, patience)
    expect(await services.effectsOf(consumer, streamId)).toEqual(upTo(5))
  })
})
