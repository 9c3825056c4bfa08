import { randomUUID } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { patience, repairsOf, untilEffects, upTo, useTwoServices } from './two-services.ts'

describe('a relay that dies', () => {
  const services = useTwoServices()

  for (const [where, dieAt] of [
    ['between commit and publish', 'relay-after-select'],
    ['after publishing, before it is marked', 'relay-after-publish'],
    ['after it is marked', 'relay-after-mark'],
  ] as const) {
    it(`${where} loses nothing and repeats no effect`, async () => {
      const publisher = await services.openPublisher()
      const consumer = await services.openConsumer()
      await consumer.start()
      const streams = [`spec-${randomUUID()}`, `spec-${randomUUID()}`]
      for (const version of upTo(5)) {
        for (const streamId of streams) await publisher.append(streamId, `${version}`)
      }
      await services.runUntilKilled('publisher', dieAt)
      await publisher.start()
      for (const streamId of streams) await publisher.append(streamId, '6')
      for (const streamId of streams) {
        await untilEffects(() => services.effectsOf(consumer, streamId), 6)
        expect(await repairsOf(publisher, streamId)).toBe(0)
      }
    })
  }

  it('only for longer than its lease wakes up as a second publisher, and nothing happens twice or out of order', async () => {
    const asleep = Promise.withResolvers<void>()
    const wakeUp = Promise.withResolvers<void>()
    let paused = false
    const zombie = await services.openPublisher({
      relayLeaseMs: 300,
      crashPoint: async (name) => {
        if (name !== 'relay-after-select' || paused) return
        paused = true
        asleep.resolve()
        await wakeUp.promise
      },
    })
    const consumer = await services.openConsumer()
    await consumer.start()
    const streamId = `spec-${randomUUID()}`
    for (const version of upTo(3)) await zombie.append(streamId, `${version}`)
    await zombie.start()
    await asleep.promise

    const successor = await services.openPublisher({ relayLeaseMs: 300 })
    await successor.start()
    await successor.append(streamId, '4')
    await untilEffects(() => services.effectsOf(consumer, streamId), 4)
    wakeUp.resolve()
    await zombie.append(streamId, '5')
    await untilEffects(() => services.effectsOf(consumer, streamId), 5)
    await vi.waitFor(async () => {
      expect((await zombie.exchange.status()).outbox.unpublished).toBe(0)
    }, patience)
    expect(await services.effectsOf(consumer, streamId)).toEqual(upTo(5))
    expect(await repairsOf(zombie, streamId)).toBe(0)
  })
})
