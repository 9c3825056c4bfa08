import { randomUUID } from 'node:crypto'
import { DomainError } from '@evergrant/decider'
import { contracts, headersOf } from '@evergrant/event-contracts'
import type { EventHandler } from '@evergrant/event-store'
import { connect, headers } from 'nats'
import { describe, expect, it, vi } from 'vitest'
import { frozenEvent, metadata, type Replica, publisher as source } from './replica.ts'
import { patience, untilEffects, upTo, useTwoServices } from './two-services.ts'

describe('a poison message', () => {
  const services = useTwoServices()

  const parkedOf = (consumer: Replica, streamId: string) =>
    vi.waitFor(async () => {
      const parked = await consumer.exchange.inbox.parked.list({ limit: 100 })
      const [found] = parked.filter(({ stream }) => stream?.streamId === streamId)
      if (!found) throw new Error('nothing is parked yet')
      return found
    }, patience)

  /** A handler with a defect that a deployment can fix. */
  const defect = () => {
    const state = { fixed: false }
    const beforeEffect: EventHandler = async ({ data }) => {
      if (!state.fixed && (data as { reason: string }).reason === 'poison') throw new Error('a defect')
    }
    return { beforeEffect, fix: () => (state.fixed = true) }
  }

  const startBoth = async (beforeEffect: EventHandler) => {
    const publisher = await services.openPublisher()
    const consumer = await services.openConsumer({ beforeEffect })
    await Promise.all([publisher.start(), consumer.start()])
    return { publisher, consumer }
  }

  it('holds back its own stream alone, shows in health, and is applied in order once the defect is fixed', async () => {
    const { beforeEffect, fix } = defect()
    const { publisher, consumer } = await startBoth(beforeEffect)
    const [poisoned, healthy] = [`spec-${randomUUID()}`, `spec-${randomUUID()}`]
    for (const text of ['good', 'poison', 'good']) await publisher.append(poisoned, text)
    const parked = await parkedOf(consumer, poisoned)
    for (const version of upTo(5)) await publisher.append(healthy, `${version}`)
    await untilEffects(() => services.effectsOf(consumer, healthy), 5)
    expect(await services.effectsOf(consumer, poisoned)).toEqual([1])
    expect(parked).toMatchObject({ stream: { streamId: poisoned, version: 2 }, attempts: 3 })
    expect(await consumer.exchange.health()).toMatchObject({ status: 'degraded', reason: 'inbox_parked' })

    expect(await consumer.exchange.inbox.parked.retry(parked.id, metadata)).toEqual({ applied: false })
    fix()
    expect(await consumer.exchange.inbox.parked.retry(parked.id, metadata)).toEqual({ applied: true })
    await untilEffects(() => services.effectsOf(consumer, poisoned), 3)
    await vi.waitFor(async () => expect(await consumer.exchange.health()).toEqual({ status: 'ok' }), patience)
  })

  it('that nobody can read is parked at once, and skipping or replacing it lets its stream go on', async () => {
    const { consumer, publisher } = await startBoth(async () => undefined)
    const [skipped, replaced] = [`spec-${randomUUID()}`, `spec-${randomUUID()}`]
    const { subject, type, example } = contracts.grantRevoked
    const operator = await connect({ servers: services.nats().url })
    for (const streamId of [skipped, replaced]) {
      const broken = headers()
      const attributes = { source, streamId, version: 1, type, time: '2026-01-01T00:00:00.000Z' }
      for (const [name, value] of Object.entries(headersOf(attributes))) broken.set(name, value)
      await operator.jetstream().publish(subject, '{"grantId":', { headers: broken })
    }
    await operator.close()

    const { parked } = consumer.exchange.inbox
    const first = await parkedOf(consumer, skipped)
    const second = await parkedOf(consumer, replaced)
    await parked.skip(first.id, { reason: 'nobody can read it', metadata })
    const payload = new TextEncoder().encode(JSON.stringify({ ...example, reason: 'repaired by hand' }))
    await parked.replace(second.id, { payload, reason: 'its data is known', metadata })
    expect(await parked.list({ limit: 100 })).toEqual([])

    for (const streamId of [skipped, replaced]) {
      const identity = { source, streamId, version: 2, repair: 0 }
      await publisher.bus.publish([{ ...frozenEvent(streamId, 2), ...identity }])
    }
    await untilEffects(() => services.effectsOf(consumer, replaced), 2)
    await vi.waitFor(async () => expect(await services.effectsOf(consumer, skipped)).toEqual([2]), patience)
  })

  it('without an identity is parked as it came and holds back nothing', async () => {
    const { consumer, publisher } = await startBoth(async () => undefined)
    const operator = await connect({ servers: services.nats().url })
    await operator.jetstream().publish(contracts.grantRevoked.subject, 'not an event at all')
    await operator.close()
    const streamId = `spec-${randomUUID()}`
    for (const version of upTo(3)) await publisher.append(streamId, `${version}`)
    await untilEffects(() => services.effectsOf(consumer, streamId), 3)
    await vi.waitFor(async () => {
      const found = await consumer.exchange.inbox.parked.list({ limit: 100 })
      expect(found.filter(({ stream }) => stream === null)).toHaveLength(1)
    }, patience)
  })

  it('is not what an event is that meets a passing fault: that one is tried until it passes', async () => {
    let faults = 0
    const { consumer, publisher } = await startBoth(async ({ data }) => {
      if ((data as { reason: string }).reason !== '2' || ++faults > 4) return
      throw new DomainError('unavailable', 'spec_unavailable', 'Not now.')
    })
    const streamId = `spec-${randomUUID()}`
    for (const version of upTo(3)) await publisher.append(streamId, `${version}`)
    await untilEffects(() => services.effectsOf(consumer, streamId), 3)
    expect(faults).toBe(5)
    const parked = await consumer.exchange.inbox.parked.list({ limit: 100 })
    expect(parked.filter(({ stream }) => stream?.streamId === streamId)).toEqual([])
  })
})
