import { randomUUID } from 'node:crypto'
import { newestRewind, sqlOf } from '@evergrant/event-store'
import { describe, expect, it, vi } from 'vitest'
import type { Replica } from './replica.ts'
import { patience, useTwoServices } from './two-services.ts'

describe('a database that is put back to an earlier state', () => {
  const services = useTwoServices()

  const stream = () => `spec-${randomUUID()}`
  const append = async (publisher: Replica, streamId: string, ...texts: string[]) => {
    for (const text of texts) await publisher.append(streamId, text)
  }
  const untilPublished = (publisher: Replica) =>
    vi.waitFor(async () => {
      expect((await publisher.exchange.status()).outbox.unpublished).toBe(0)
    }, patience)
  const effects = async (consumer: Replica, streamId: string) => {
    const rows = await sqlOf(consumer.database)<{ text: string }>(
      `select version || ' ' || text as text from effect where stream_id = $1 order by id`,
      [streamId],
    )
    return rows.map(({ text }) => text)
  }
  const untilEffects = (consumer: Replica, streamId: string, expected: readonly string[]) =>
    vi.waitFor(async () => expect(await effects(consumer, streamId)).toEqual(expected), patience)
  const rewindsOf = async (publisher: Replica) => {
    const [row] = await sqlOf(publisher.database)<{ count: number }>(
      'select count(*)::integer as count from es.rewind',
    )
    return row?.count ?? 0
  }

  /** A publisher that said `a` and `b`, was backed up, and said more. */
  const lostTail = async (consumer: Replica | undefined) => {
    const [known, unknown] = [stream(), stream()]
    const before = await services.openPublisher()
    await before.start()
    await append(before, known, 'a', 'b')
    await untilPublished(before)
    await services.close(before)
    const backup = await services.backUp('publisher')
    const publisher = await services.openPublisher()
    await publisher.start()
    await append(publisher, known, 'lost', 'lost too')
    await append(publisher, unknown, 'lost')
    await untilPublished(publisher)
    if (consumer) {
      await untilEffects(consumer, known, ['1 a', '2 b', '3 lost', '4 lost too'])
      await untilEffects(consumer, unknown, ['1 lost'])
    }
    return { known, unknown, publisher, backup }
  }
  const knownToTheEnd = ['1 a', '2 b', '3 lost', '4 lost too', '5 after', '6 later']

  it('by a backup says nothing under a number that its consumers know, and they hear everything after it', async () => {
    const consumer = await services.openConsumer()
    await consumer.start()
    const { known, unknown, publisher, backup } = await lostTail(consumer)
    await services.close(publisher)
    await backup.restore()
    const restored = await services.openPublisher()
    // Before the bus is asked, too.
    await append(restored, known, 'after')
    await restored.start()
    await append(restored, known, 'later')
    await append(restored, unknown, 'after')
    await untilEffects(consumer, known, knownToTheEnd)
    await untilEffects(consumer, unknown, ['1 lost', '2 after'])
    expect(await newestRewind(restored)).toMatchObject({ streams: 2, publications: 3 })
  })

  it('by a standby that had not got everything, under a publisher that runs on, is found as well', async () => {
    const consumer = await services.openConsumer()
    await consumer.start()
    const { known, unknown, publisher, backup } = await lostTail(consumer)
    await backup.restore()
    await vi.waitFor(() => append(publisher, known, 'after'), patience)
    await append(publisher, unknown, 'after')
    await append(publisher, known, 'later')
    await untilEffects(consumer, known, knownToTheEnd)
    await untilEffects(consumer, unknown, ['1 lost', '2 after'])
    expect(await newestRewind(publisher)).toMatchObject({ streams: 2, publications: 3 })
  })

  it('by a backup lets a consumer that was away hear the lost tail first, then what came after', async () => {
    const { known, publisher, backup } = await lostTail(undefined)
    await services.close(publisher)
    await backup.restore()
    const restored = await services.openPublisher()
    await restored.start()
    await append(restored, known, 'after', 'later')
    const consumer = await services.openConsumer()
    await consumer.start()
    await untilEffects(consumer, known, knownToTheEnd)
  })

  it('is found once by two replicas, whose events all arrive', async () => {
    const consumer = await services.openConsumer()
    await consumer.start()
    const { known, publisher, backup } = await lostTail(consumer)
    await services.close(publisher)
    await backup.restore()
    const replicas = [await services.openPublisher(), await services.openPublisher()] as const
    const found = await rewindsOf(replicas[0])
    await append(replicas[0], known, 'after')
    await Promise.all(replicas.map((replica) => replica.start()))
    await append(replicas[1], known, 'later')
    await untilEffects(consumer, known, knownToTheEnd)
    expect(await rewindsOf(replicas[0])).toBe(found + 1)
  })

  it('by a backup of a consumer hears again what it has forgotten', async () => {
    const publisher = await services.openPublisher()
    await publisher.start()
    const [tail, gap] = [stream(), stream()]
    const before = await services.openConsumer()
    await before.start()
    await append(publisher, tail, 'a')
    await append(publisher, gap, 'a')
    await untilEffects(before, gap, ['1 a'])
    await services.close(before)
    const backup = await services.backUp('consumer')
    const consumer = await services.openConsumer()
    await consumer.start()
    await append(publisher, tail, 'forgotten')
    await append(publisher, gap, 'forgotten')
    await untilEffects(consumer, gap, ['1 a', '2 forgotten'])
    await services.close(consumer)
    await backup.restore()
    const restored = await services.openConsumer()
    await restored.start()
    await append(publisher, gap, 'after')
    await untilEffects(restored, gap, ['1 a', '2 forgotten', '3 after'])
    await untilEffects(restored, tail, ['1 a', '2 forgotten'])
  })

  it('is not what a restart looks like, nor a bus that loses its disk', async () => {
    const consumer = await services.openConsumer()
    await consumer.start()
    const streamId = stream()
    const first = await services.openPublisher()
    await first.start()
    const found = await rewindsOf(first)
    await append(first, streamId, 'a')
    await untilPublished(first)
    await services.close(first)
    await services.nats().kill('SIGKILL')
    await services.nats().restart({ fresh: true })
    const second = await services.openPublisher()
    await second.start()
    await append(second, streamId, 'b')
    await untilEffects(consumer, streamId, ['1 a', '2 b'])
    expect(await rewindsOf(second)).toBe(found)
  })
})
