import { sqlOf } from '@evergrant/event-store'
import { describe, expect, it, vi } from 'vitest'
import { effectsOf, patience, untilEffects, useTwoServices } from './two-services.ts'

describe('what was published long ago', () => {
  const { openPublisher, openConsumer } = useTwoServices()

  it('leaves the outbox but for the newest of each stream, and stays on the bus for a consumer that joins late', async () => {
    const publisher = await openPublisher({ keepPublishedMs: 0 })
    await publisher.start()
    for (const text of ['one', 'two', 'three']) await publisher.append('stream-1', text)
    await vi.waitFor(async () => {
      const rows = await sqlOf(publisher.database)('select version from es.outbox')
      expect(rows.map((row) => Number((row as { version: string }).version))).toEqual([3])
    }, patience)

    const consumer = await openConsumer()
    await consumer.start()
    await untilEffects(() => effectsOf(consumer, 'stream-1'), 3)
  })
})
