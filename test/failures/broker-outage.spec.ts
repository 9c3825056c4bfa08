import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { patience, untilEffects, upTo, useTwoServices } from './two-services.ts'

describe('a broker that goes away', () => {
  const services = useTwoServices()

  it('stops no command: events wait in the outbox, health says so, and all arrive once after it is back', async () => {
    const publisher = await services.openPublisher()
    const consumer = await services.openConsumer()
    await Promise.all([publisher.start(), consumer.start()])
    const streamId = `spec-${randomUUID()}`
    await publisher.append(streamId, '1')
    await untilEffects(() => services.effectsOf(consumer, streamId), 1)

    await services.nats().kill('SIGKILL')
    for (const version of upTo(4)) await publisher.append(streamId, `${version + 1}`)
    await vi.waitFor(async () => {
      expect(await publisher.exchange.health()).toMatchObject({
        status: 'degraded',
        reason: 'bus_unreachable',
      })
    }, patience)
    expect((await publisher.exchange.status()).outbox.unpublished).toBe(4)

    await services.nats().restart()
    await untilEffects(() => services.effectsOf(consumer, streamId), 5)
    await vi.waitFor(
      async () => expect(await publisher.exchange.health()).toEqual({ status: 'ok' }),
      patience,
    )
  })

  it('by freezing leaves health quick to answer and never worse than degraded', async () => {
    const publisher = await services.openPublisher()
    const consumer = await services.openConsumer()
    await Promise.all([publisher.start(), consumer.start()])
    const streamId = `spec-${randomUUID()}`
    await publisher.append(streamId, '1')
    await untilEffects(() => services.effectsOf(consumer, streamId), 1)
    await services.nats().kill('SIGSTOP')
    try {
      const answer = await Promise.race([consumer.exchange.health(), delay(1_900, 'too late')])
      expect(answer).toMatchObject({ status: expect.stringMatching(/^(ok|degraded)$/) })
      await publisher.append(streamId, '2')
    } finally {
      await services.nats().kill('SIGCONT')
    }
    await untilEffects(() => services.effectsOf(consumer, streamId), 2)
  })

  it('again and again in the middle of the work loses nothing and repeats nothing', async () => {
    const publisher = await services.openPublisher()
    const consumers = [await services.openConsumer(), await services.openConsumer()] as const
    await Promise.all([publisher.start(), ...consumers.map((each) => each.start())])
    const streams = Array.from({ length: 8 }, () => `spec-${randomUUID()}`)
    let rounds = 0
    let writing = true
    const write = async () => {
      while (writing) {
        rounds++
        await Promise.all(streams.map((streamId) => publisher.append(streamId, `${rounds}`)))
      }
    }
    const written = write()
    for (const outage of upTo(2)) {
      const before = rounds
      await vi.waitFor(() => expect(rounds).toBeGreaterThan(before + 10 * outage), patience)
      await services.nats().kill('SIGKILL')
      await services.nats().restart()
    }
    writing = false
    await written
    for (const streamId of streams)
      await untilEffects(() => services.effectsOf(consumers[0], streamId), rounds)
  })

  it('before the services start delays them and stops no command', async () => {
    await services.nats().kill('SIGKILL')
    const [publisher, consumer] = await Promise.all([services.openPublisher(), services.openConsumer()])
    await Promise.all([publisher.start(), consumer.start()])
    const streamId = `spec-${randomUUID()}`
    for (const version of upTo(3)) await publisher.append(streamId, `${version}`)
    await services.nats().restart()
    await untilEffects(() => services.effectsOf(consumer, streamId), 3)
  })
})
