import { describe, expect, it, vi } from 'vitest'
import type { EventBus } from './event-bus.ts'
import { collect, event, idOf, uniqueName } from './test-events.ts'

const wait = { timeout: 10_000 }

/** What every bus can tell about how far a durable has come. */
export function describeConsumerLag(
  place: () => { readonly bus: EventBus; readonly stream: string; readonly subject: string },
): void {
  describe('how late a durable is', () => {
    it('is told in messages, those under way apart', async () => {
      const { bus, stream, subject } = place()
      const received = collect(bus, { stream, durable: 'reader' })
      await bus.publish([event(subject, 'a', 1)])
      await vi.waitFor(() => expect(received.ids).toHaveLength(1), wait)
      await received.stop()
      await bus.publish([event(subject, 'a', 2), event(subject, 'a', 3)])
      await vi.waitFor(async () => {
        expect(await bus.lag({ stream, durable: 'reader' })).toEqual({ waiting: 2, unacknowledged: 0 })
      }, wait)
    })

    it('is told by when the oldest message came that is not processed, also while it is', async () => {
      const { bus, stream, subject } = place()
      const before = Date.now() - 1_000
      const release = Promise.withResolvers<void>()
      const seen: (string | undefined)[] = []
      bus.consume({ stream, durable: 'reader' }, async (batch) => {
        seen.push(...batch.map(idOf))
        if (seen.includes('a@2')) await release.promise
        return { status: 'done' }
      })
      const oldest = () => bus.oldestUnprocessed({ stream, durable: 'reader' })
      await vi.waitFor(async () => expect(await oldest()).toEqual({ publishedAt: null }), wait)
      await bus.publish([event(subject, 'a', 1)])
      await vi.waitFor(() => expect(seen).toEqual(['a@1']), wait)
      await vi.waitFor(async () => expect(await oldest()).toEqual({ publishedAt: null }), wait)

      await bus.publish([event(subject, 'a', 2)])
      await vi.waitFor(() => expect(seen).toContain('a@2'), wait)
      const held = (await oldest())?.publishedAt
      expect(Date.parse(held ?? '')).toBeGreaterThan(before)
      await bus.publish([event(subject, 'a', 3)])
      expect((await oldest())?.publishedAt).toBe(held)
      release.resolve()
      await vi.waitFor(async () => expect(await oldest()).toEqual({ publishedAt: null }), wait)
    })

    it('is never nothing for a durable that nobody knows', async () => {
      const { bus, stream, subject } = place()
      await bus.publish([event(subject, 'a', 1)])
      expect(await bus.oldestUnprocessed({ stream, durable: 'nobody' })).toBe(null)
      expect(await bus.oldestUnprocessed({ stream: uniqueName('NONE'), durable: 'nobody' })).toBe(null)
    })
  })
}
