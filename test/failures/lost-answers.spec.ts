import { randomUUID } from 'node:crypto'
import type { EventBus } from '@evergrant/event-bus'
import { messageId } from '@evergrant/event-contracts'
import { connect, headers } from 'nats'
import { describe, expect, it, vi } from 'vitest'
import { frozenEvent, publisher as source, sourceStream } from './replica.ts'
import { patience, repairsOf, untilEffects, upTo, useTwoServices } from './two-services.ts'

describe('an answer that is lost', () => {
  const services = useTwoServices()

  it('to an atomic batch makes the relay publish again, and the bus recognises every event of it', async () => {
    let lost = 0
    const losingAcknowledgements = (bus: EventBus): EventBus => ({
      ...bus,
      publish: async (messages) => {
        const outcomes = await bus.publish(messages)
        if (lost++ > 0) return outcomes
        expect(outcomes.map(({ status }) => status)).toEqual(messages.map(() => 'published'))
        return messages.map(() => ({ status: 'retry', reason: 'the answer was lost' }))
      },
    })
    const publisher = await services.openPublisher({ throughBus: losingAcknowledgements })
    const consumer = await services.openConsumer()
    const streamId = `spec-${randomUUID()}`
    for (const version of upTo(10)) await publisher.append(streamId, `${version}`)
    await publisher.start()
    await consumer.start()
    await untilEffects(() => services.effectsOf(consumer, streamId), 10)
    await vi.waitFor(async () => {
      expect((await publisher.exchange.status()).outbox.unpublished).toBe(0)
    }, patience)
    const operator = await connect({ servers: services.nats().url })
    const { state } = await (await operator.jetstreamManager()).streams.info(sourceStream)
    await operator.close()
    expect(state.messages).toBe(10)
  })

  it('to a publisher that died inside a batch costs nothing: the next relay publishes all of it once', async () => {
    const publisher = await services.openPublisher()
    const consumer = await services.openConsumer()
    await publisher.bus.declareStream({ name: sourceStream, subjects: ['evergrant.token.*.v1'] })
    const streamId = `spec-${randomUUID()}`
    for (const version of upTo(3)) await publisher.append(streamId, `${version}`)

    // From 2.12 on these are staged and never stored; an older server stores them one by one.
    const dying = await connect({ servers: services.nats().url })
    for (const version of upTo(2)) {
      const message = frozenEvent(streamId, version)
      const staged = headers()
      for (const [name, value] of Object.entries(message.headers)) staged.set(name, value)
      staged.set('Nats-Msg-Id', messageId({ source, streamId, version }))
      staged.set('Nats-Batch-Id', 'never-committed')
      staged.set('Nats-Batch-Sequence', `${version}`)
      dying.publish(message.subject, message.payload, { headers: staged })
    }
    await dying.flush()
    await dying.close()

    await Promise.all([publisher.start(), consumer.start()])
    await untilEffects(() => services.effectsOf(consumer, streamId), 3)
    expect(await repairsOf(publisher, streamId)).toBe(0)
  })

  it('to the consumer’s acknowledgement delivers the batch again, and its events are dropped', async () => {
    let deliveries = 0
    const losingAcknowledgements = (bus: EventBus): EventBus => ({
      ...bus,
      consume: (subscription, receive) =>
        bus.consume(subscription, async (messages) => {
          const outcome = await receive(messages)
          deliveries++
          return deliveries > 1 ? outcome : { status: 'again', delayMs: 0, reason: 'the answer was lost' }
        }),
    })
    const publisher = await services.openPublisher()
    const consumer = await services.openConsumer({ throughBus: losingAcknowledgements })
    const streamId = `spec-${randomUUID()}`
    for (const version of upTo(5)) await publisher.append(streamId, `${version}`)
    await Promise.all([publisher.start(), consumer.start()])
    await vi.waitFor(() => expect(deliveries).toBeGreaterThan(1), patience)
    await publisher.append(streamId, '6')
    await untilEffects(() => services.effectsOf(consumer, streamId), 6)
  })
})
