import { randomUUID } from 'node:crypto'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { connect, type JetStreamManager } from 'nats'
import { describe, expect, it, vi } from 'vitest'
import { consumer as consumerName, type Replica, sourceStream } from './replica.ts'
import { patience, untilEffects, upTo, useTwoServices } from './two-services.ts'

describe('a broker that loses what it acknowledged', () => {
  const services = useTwoServices()

  const asOperator = async <T>(work: (manager: JetStreamManager) => Promise<T>): Promise<T> => {
    const connection = await connect({ servers: services.nats().url })
    try {
      return await work(await connection.jetstreamManager())
    } finally {
      await connection.close()
    }
  }
  const untilPublished = (publisher: Replica) =>
    vi.waitFor(async () => {
      expect((await publisher.exchange.status()).outbox.unpublished).toBe(0)
    }, patience)
  const appendAll = async (publisher: Replica, streamId: string, from: number, to: number) => {
    for (let version = from; version <= to; version++) await publisher.append(streamId, `${version}`)
    await untilPublished(publisher)
  }

  it('by losing its disk gets every unread event again from the publishers', async () => {
    const publisher = await services.openPublisher()
    await publisher.start()
    const [unseen, read] = [`spec-${randomUUID()}`, `spec-${randomUUID()}`]
    const first = await services.openConsumer()
    await first.start()
    await appendAll(publisher, read, 1, 3)
    await untilEffects(() => services.effectsOf(first, read), 3)
    await services.close(first)

    await appendAll(publisher, unseen, 1, 4)
    await appendAll(publisher, read, 4, 6)
    await services.nats().kill('SIGKILL')
    await services.nats().restart({ fresh: true })
    const consumer = await services.openConsumer()
    await consumer.start()
    await untilEffects(() => services.effectsOf(consumer, unseen), 4)
    await untilEffects(() => services.effectsOf(consumer, read), 6)
  })

  it('by losing its disk shows a gap under the next event, and the gap is filled', async () => {
    const publisher = await services.openPublisher()
    await publisher.start()
    const streamId = `spec-${randomUUID()}`
    await appendAll(publisher, streamId, 1, 3)
    await services.nats().kill('SIGKILL')
    await services.nats().restart({ fresh: true })
    const consumer = await services.openConsumer()
    await consumer.start()
    await appendAll(publisher, streamId, 4, 4)
    await untilEffects(() => services.effectsOf(consumer, streamId), 4)
  })

  it('by going back to an older copy of its store gets the rest again', async () => {
    const publisher = await services.openPublisher()
    const consumer = await services.openConsumer()
    await Promise.all([publisher.start(), consumer.start()])
    const [tail, gap] = [`spec-${randomUUID()}`, `spec-${randomUUID()}`]
    await appendAll(publisher, tail, 1, 2)
    await appendAll(publisher, gap, 1, 2)
    await untilEffects(() => services.effectsOf(consumer, gap), 2)
    const store = join(services.nats().dataDir, 'jetstream')
    await services.nats().kill('SIGKILL')
    await cp(store, `${store}-old`, { recursive: true })
    await services.nats().restart()
    await services.close(consumer)
    await appendAll(publisher, tail, 3, 5)
    await appendAll(publisher, gap, 3, 5)

    await services.nats().kill('SIGKILL')
    await rm(store, { recursive: true })
    await cp(`${store}-old`, store, { recursive: true })
    await services.nats().restart()
    const later = await services.openConsumer()
    await later.start()
    await appendAll(publisher, gap, 6, 6)
    await untilEffects(() => services.effectsOf(later, tail), 5)
    await untilEffects(() => services.effectsOf(later, gap), 6)
  })

  it('by ageing out unread events gets them again', async () => {
    const publisher = await services.openPublisher()
    await publisher.start()
    const streamId = `spec-${randomUUID()}`
    await appendAll(publisher, streamId, 1, 3)
    await asOperator(async (manager) => {
      const { config } = await manager.streams.info(sourceStream)
      await manager.streams.update(sourceStream, { ...config, max_age: 1e8, duplicate_window: 1e8 })
      await vi.waitFor(async () => {
        expect((await manager.streams.info(sourceStream)).state.messages).toBe(0)
      }, patience)
      await manager.streams.update(sourceStream, { ...config })
    })
    const consumer = await services.openConsumer()
    await consumer.start()
    await untilEffects(() => services.effectsOf(consumer, streamId), 3)
  })

  it('by forgetting a consumer delivers everything again, and nothing happens twice', async () => {
    const publisher = await services.openPublisher()
    const consumer = await services.openConsumer()
    await Promise.all([publisher.start(), consumer.start()])
    const streamId = `spec-${randomUUID()}`
    await appendAll(publisher, streamId, 1, 5)
    await untilEffects(() => services.effectsOf(consumer, streamId), 5)
    await asOperator((manager) =>
      // Older servers race with their own writing of the consumer's state: it is gone, its folder not quite.
      manager.consumers
        .delete(sourceStream, consumerName)
        .catch((error) => expect(`${error}`).toMatch('not empty')),
    )
    await appendAll(publisher, streamId, 6, 6)
    await untilEffects(() => services.effectsOf(consumer, streamId), 6)
    await vi.waitFor(async () => {
      const lag = await consumer.bus.lag({ stream: sourceStream, durable: consumerName })
      expect(lag).toEqual({ waiting: 0, unacknowledged: 0 })
    }, patience)
    expect(await services.effectsOf(consumer, streamId)).toEqual(upTo(6))
  })
})
