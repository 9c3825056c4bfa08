import { randomUUID } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { type Replica, sourceStream } from './replica.ts'
import { patience, untilEffects, useTwoServices } from './two-services.ts'

/** A consumer that starts before its publisher finds no stream yet: also an error on its bus, but no refusal. */
const refusals = ({ busErrors }: Replica) => busErrors.filter((text) => /permission/i.test(text))

describe('with the rights that infra/nats gives each service', () => {
  const services = useTwoServices({ withUsers: true })

  it('events, wake-ups, digests and repairs get through, also after JetStream lost its disk', async () => {
    const publisher = await services.openPublisher()
    const first = await services.openConsumer()
    await Promise.all([publisher.start(), first.start()])
    const streamId = `spec-${randomUUID()}`
    for (const text of ['1', '2']) await publisher.append(streamId, text)
    await untilEffects(() => services.effectsOf(first, streamId), 2)
    expect(await first.bus.lag({ stream: sourceStream, durable: 'calendar-service' })).not.toBeNull()
    expect(refusals(first)).toEqual([])
    await services.close(first)

    for (const text of ['3', '4']) await publisher.append(streamId, text)
    await vi.waitFor(async () => {
      expect((await publisher.exchange.status()).outbox.unpublished).toBe(0)
    }, patience)
    expect(refusals(publisher)).toEqual([])
    await services.nats().kill()
    await services.nats().restart({ fresh: true })
    const second = await services.openConsumer()
    await second.start()
    await untilEffects(() => services.effectsOf(second, streamId), 4)
    expect([...refusals(publisher), ...refusals(second)]).toEqual([])
  })
})
