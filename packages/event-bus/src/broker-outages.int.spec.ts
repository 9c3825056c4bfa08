import { setTimeout as sleep } from 'node:timers/promises'
import { type OwnNatsServer, startNatsServer } from '@evergrant/stack/testing'
import { connect } from 'nats'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EventBus, MessageToPublish, PublishOutcome } from './event-bus.ts'
import { connectEventBus } from './nats-event-bus.ts'
import { collect, event } from './test-events.ts'

const clock = { now: () => new Date() }
const stream = { name: 'OUTAGE', subjects: ['evergrant.outage.*.v1'] }
const subject = 'evergrant.outage.happened.v1'
const reader = { stream: 'OUTAGE', durable: 'reader' }
const wait = { timeout: 20_000, interval: 20 }

describe('an outage of the bus', () => {
  let server: OwnNatsServer
  let buses: EventBus[]

  beforeEach(async () => {
    server = await startNatsServer()
    buses = []
  })
  afterEach(async () => {
    await Promise.all(buses.map((bus) => bus.close()))
    await server.stop()
  })

  const open = async (options: { ackWaitMs?: number; longestBatchMs?: number } = {}) => {
    const bus = await connectEventBus({ url: server.url, name: 'spec', clock, ...options })
    buses.push(bus)
    return bus
  }
  const openOwner = async () => {
    const bus = await open()
    await bus.declareStream(stream)
    return bus
  }
  /** Publishes until it is accepted, as the relay does. */
  const publishUntilAccepted = (bus: EventBus, messages: readonly MessageToPublish[]) =>
    vi.waitFor(async () => {
      const outcomes = await bus.publish(messages)
      expect(statuses(outcomes)).toEqual(messages.map(() => 'published'))
      return outcomes
    }, wait)
  const statuses = (outcomes: readonly PublishOutcome[]) => outcomes.map(({ status }) => status)

  it('is said to whoever listens, even when it began before anyone did', async () => {
    await server.kill()
    const bus = await open()
    const heard: unknown[] = []
    bus.onError((error) => heard.push(error))
    expect(heard.length).toBeGreaterThan(0)
    await server.restart()
    await vi.waitFor(() => expect(bus.status().connected).toBe(true), wait)
    await server.kill()
    await vi.waitFor(
      () => expect(heard).toContainEqual(expect.objectContaining({ code: 'bus_unavailable' })),
      wait,
    )
  })

  it('makes publishing answer retry at once and succeed after the restart', async () => {
    const bus = await openOwner()
    await server.kill()
    await vi.waitFor(() => expect(bus.status().connected).toBe(false), wait)
    expect(statuses(await bus.publish([event(subject, 'a', 1)]))).toEqual(['retry'])
    await server.restart()
    await publishUntilAccepted(bus, [event(subject, 'a', 1)])
  })

  it('does not end a consumer: it continues where it was after the restart', async () => {
    const bus = await openOwner()
    const consumer = await open()
    const received = collect(consumer, reader)
    await bus.publish([event(subject, 'a', 1)])
    await vi.waitFor(() => expect(received.ids).toEqual(['a@1']), wait)
    await server.kill()
    await server.restart()
    await publishUntilAccepted(bus, [event(subject, 'a', 2)])
    await vi.waitFor(() => expect(received.ids.at(-1)).toBe('a@2'), wait)
  })

  it('that cost the disk ends with the stream and the consumer created again, and says so', async () => {
    const bus = await openOwner()
    const consumer = await open()
    const received = collect(consumer, reader)
    let restored = 0
    bus.onRestored(() => restored++)
    await bus.publish([event(subject, 'a', 1)])
    await vi.waitFor(() => expect(received.ids).toEqual(['a@1']), wait)
    await server.kill()
    await server.restart({ fresh: true })
    const [outcome] = await publishUntilAccepted(bus, [event(subject, 'a', 2)])
    expect(outcome).toEqual({ status: 'published', sequence: 1, duplicate: false })
    // The new stream takes events before the answer to its creation is read.
    await vi.waitFor(() => expect(restored).toBeGreaterThan(0), wait)
    await vi.waitFor(() => expect(received.ids).toEqual(['a@1', 'a@2']), wait)
  })

  it('before the start only delays: streams, consumers, listeners and services appear with the server', async () => {
    await server.kill()
    const bus = await open()
    expect(bus.status()).toEqual({ connected: false, since: null, serverVersion: null })
    await bus.declareStream(stream)
    const received = collect(bus, reader)
    const heard: unknown[] = []
    bus.listen('evergrant.wake.spec', (body) => void heard.push(body))
    await bus.serve({
      name: 'spec-service',
      version: '1.0.0',
      description: 'a service of this spec',
      endpoints: { ask: { subject: 'ask', handle: async () => ({ ok: true, body: 'answered' }) } },
    })
    await server.restart()
    await publishUntilAccepted(bus, [event(subject, 'a', 1)])
    await vi.waitFor(() => expect(received.ids).toEqual(['a@1']), wait)
    bus.broadcast('evergrant.wake.spec', 'up')
    await vi.waitFor(() => expect(heard).toEqual(['up']), wait)
    expect(await bus.request('ask', null, { timeoutMs: 2_000 })).toEqual({ ok: true, body: 'answered' })
  })

  it('that is a frozen server answers retry, and what it stored meanwhile is recognised afterwards', async () => {
    const bus = await openOwner()
    await server.kill('SIGSTOP')
    let version = 0
    const publishNext = async () => statuses(await bus.publish([event(subject, 'a', ++version)]))
    // The signal may arrive a few messages late.
    while ((await publishNext())[0] === 'published');
    await server.kill('SIGCONT')
    await publishUntilAccepted(bus, [event(subject, 'a', version), event(subject, 'a', version + 1)])
    const received = collect(bus, reader)
    const ids = Array.from({ length: version + 1 }, (_, index) => `a@${index + 1}`)
    await vi.waitFor(() => expect(received.ids).toEqual(ids), wait)
  })

  it('of a consumer alone is cured by creating it again', async () => {
    const bus = await openOwner()
    const received = collect(bus, reader)
    await bus.publish([event(subject, 'a', 1)])
    await vi.waitFor(() => expect(received.ids).toEqual(['a@1']), wait)
    const operator = await connect({ servers: server.url })
    const manager = await operator.jetstreamManager()
    // Older servers race with their own writing of the consumer's state: it is gone, its folder not quite.
    await manager.consumers
      .delete('OUTAGE', 'reader')
      .catch((error) => expect(`${error}`).toMatch('not empty'))
    await operator.close()
    await bus.publish([event(subject, 'a', 2)])
    // Created again from the start: the inbox drops what it knows.
    await vi.waitFor(() => expect(received.ids.at(-1)).toBe('a@2'), wait)
  })

  it('of the stream alone is found by the next publish', async () => {
    const bus = await openOwner()
    const operator = await connect({ servers: server.url })
    await (await operator.jetstreamManager()).streams.delete('OUTAGE')
    await operator.close()
    const restored = Promise.withResolvers<void>()
    bus.onRestored(restored.resolve)
    expect(statuses(await bus.publish([event(subject, 'a', 1)]))).toEqual(['retry'])
    await restored.promise
    await publishUntilAccepted(bus, [event(subject, 'a', 1)])
  })

  it('of one replica hands what it did not acknowledge to another', async () => {
    const bus = await openOwner()
    // As good as dead: it says nothing more about what it holds.
    const dying = await open({ ackWaitMs: 1_000, longestBatchMs: 0 })
    const entered = Promise.withResolvers<void>()
    const never = Promise.withResolvers<void>()
    dying.consume(reader, async () => {
      entered.resolve()
      await never.promise
      return { status: 'again', delayMs: 0, reason: 'died' }
    })
    await bus.publish([event(subject, 'a', 1)])
    await entered.promise
    const surviving = collect(await open({ ackWaitMs: 1_000 }), reader)
    await vi.waitFor(() => expect(surviving.ids).toEqual(['a@1']), wait)
    never.resolve()
  })

  it('is not what a batch is that takes longer than the ack wait', async () => {
    const bus = await openOwner()
    const slow = await open({ ackWaitMs: 3_000 })
    const entered = Promise.withResolvers<void>()
    const done = Promise.withResolvers<void>()
    let deliveries = 0
    slow.consume(reader, async () => {
      deliveries += 1
      entered.resolve()
      await done.promise
      return { status: 'done' }
    })
    await bus.publish([event(subject, 'a', 1)])
    await entered.promise
    const other = collect(await open({ ackWaitMs: 3_000 }), reader)
    await sleep(6_500)
    done.resolve()
    await bus.publish([event(subject, 'b', 1)])
    await vi.waitFor(() => expect(other.ids.length + deliveries).toBe(2), wait)
    expect(other.ids).not.toContain('a@1')
  })

  it('is not what a release is that waits longer or shorter than the one before', async () => {
    const owner = await openOwner()
    const earlier = collect(await open({ ackWaitMs: 30_000 }), reader)
    await owner.publish([event(subject, 'a', 1)])
    await vi.waitFor(() => expect(earlier.ids).toEqual(['a@1']), wait)
    await earlier.stop()
    const later = collect(await open({ ackWaitMs: 1_000 }), reader)
    await owner.publish([event(subject, 'a', 2)])
    await vi.waitFor(() => expect(later.ids).toEqual(['a@2']), wait)
    const connection = await connect({ servers: server.url })
    const { config } = await (await connection.jetstreamManager()).consumers.info('OUTAGE', 'reader')
    await connection.close()
    expect(config.ack_wait).toBe(1_000 * 1_000_000)
  })
})
