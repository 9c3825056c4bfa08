import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { frozenEvent, publisher as source } from './replica.ts'
import { patience, untilEffects, upTo, useTwoServices } from './two-services.ts'

describe('delivery', () => {
  const services = useTwoServices()

  it('of copies and in the wrong order still applies every event once and in order', async () => {
    const publisher = await services.openPublisher()
    const consumer = await services.openConsumer()
    await publisher.bus.declareStream({ name: 'TOKEN', subjects: ['evergrant.token.*.v1'] })
    await consumer.start()
    const streamId = `spec-${randomUUID()}`
    const send = (version: number, repair: number) =>
      publisher.bus.publish([{ ...frozenEvent(streamId, version), source, streamId, version, repair }])

    await send(2, 0)
    await send(3, 0)
    await send(2, 1)
    await vi.waitFor(async () => {
      expect((await consumer.exchange.status()).inbox.waiting).toBe(2)
    }, patience)
    expect(await services.effectsOf(consumer, streamId)).toEqual([])
    await send(1, 0)
    await untilEffects(() => services.effectsOf(consumer, streamId), 3)
    await send(1, 1)
    await send(3, 1)
    await send(4, 0)
    await untilEffects(() => services.effectsOf(consumer, streamId), 4)
  })

  it('in any order, with any copies, cut into any batches, ends the same', async () => {
    const consumer = await services.openConsumer()
    const deliveries = fc
      .array(fc.integer({ min: 1, max: 6 }), { maxLength: 12 })
      .chain((extra) => fc.shuffledSubarray([...upTo(6), ...extra], { minLength: 6 + extra.length }))
      .chain((versions) =>
        fc
          .array(fc.integer({ min: 1, max: 4 }), { minLength: versions.length })
          .map((cuts) => ({ versions, cuts })),
      )
    await fc.assert(
      fc.asyncProperty(deliveries, async ({ versions, cuts }) => {
        const streamId = `spec-${randomUUID()}`
        const rest = [...versions]
        for (const cut of cuts) {
          const batch = rest.splice(0, cut).map((version) => frozenEvent(streamId, version))
          expect(await consumer.exchange.inbox.receive(batch)).toEqual({ status: 'done' })
        }
        expect(await services.effectsOf(consumer, streamId)).toEqual(upTo(6))
      }),
      { numRuns: 25 },
    )
  })

  it('of neighbours to two replicas at once waits for the first and keeps the order', async () => {
    const entered = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const slow = await services.openConsumer({
      beforeEffect: async () => {
        entered.resolve()
        await release.promise
      },
    })
    const quick = await services.openConsumer()
    const streamId = `spec-${randomUUID()}`
    const first = slow.exchange.inbox.receive([frozenEvent(streamId, 1)])
    await entered.promise
    const second = quick.exchange.inbox.receive([frozenEvent(streamId, 2)])
    const other = `spec-${randomUUID()}`
    await quick.exchange.inbox.receive([frozenEvent(other, 1)])
    expect(await services.effectsOf(quick, other)).toEqual([1])
    release.resolve()
    await Promise.all([first, second])
    expect(await services.effectsOf(quick, streamId)).toEqual([1, 2])
  })
})
