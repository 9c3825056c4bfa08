import { describe, expect, it } from 'vitest'
import type { EventBus, ReadFrom, StoredMessage } from './event-bus.ts'
import { event, idOf, uniqueName } from './test-events.ts'

/** What every bus promises about what is on it; run by `describeEventBus`. */
export function describeStoredMessages(
  there: () => {
    readonly bus: EventBus
    readonly stream: string
    readonly subject: string
    readonly open: () => Promise<EventBus>
  },
): void {
  describe('what a stream holds', () => {
    const read = async (from: ReadFrom, name = there().stream) => {
      const found: StoredMessage[] = []
      for await (const message of there().bus.stored(name, from)) found.push(message)
      return found
    }
    const pause = () => new Promise((resolve) => setTimeout(resolve, 5))

    it('is read from a sequence to the end, with headers and bytes intact', async () => {
      const { bus, subject } = there()
      const third = event(subject, 'a', 3)
      await bus.publish([event(subject, 'a', 1), event(subject, 'a', 2), third, event(subject, 'b', 1)])
      const found = await read({ sequence: 3 })
      expect(found.map(({ sequence, headers }) => [sequence, headers['ce-id']])).toEqual([
        [3, 'a@3'],
        [4, 'b@1'],
      ])
      expect(found[0]).toMatchObject({ subject, headers: third.headers })
      expect(new TextDecoder().decode(found[0]?.payload)).toBe('{"streamId":"a","version":3}')
      expect(await read({ sequence: 5 })).toEqual([])
    })

    it('is read from a time on, wherever in the stream that is', async () => {
      const { bus, subject } = there()
      for (let version = 1; version <= 7; version++) {
        await bus.publish([event(subject, 'a', version)])
        await pause()
      }
      const all = await read({ sequence: 1 })
      for (const [index, { storedAt }] of all.entries()) {
        expect((await read({ since: storedAt })).map(idOf)).toEqual(all.slice(index).map(idOf))
      }
      expect((await read({ since: new Date(0) })).map(idOf)).toEqual(all.map(idOf))
      expect(await read({ since: new Date(Date.now() + 60_000) })).toEqual([])
    })

    it('is nothing when there is no such stream, or nothing on it', async () => {
      for (const from of [{ sequence: 1 }, { since: new Date(0) }]) {
        expect(await read(from)).toEqual([])
        expect(await read(from, uniqueName('NONE'))).toEqual([])
      }
    })

    it('cannot be told once the bus is closed', async () => {
      const { stream, open } = there()
      const closed = await open()
      await closed.close()
      const reading = closed.stored(stream, { sequence: 1 })[Symbol.asyncIterator]().next()
      await expect(reading).rejects.toMatchObject({ code: 'bus_unavailable' })
    })
  })

  describe('the newest event of a subject', () => {
    it('is there for those who come late, with headers and bytes intact', async () => {
      const { bus, stream, subject } = there()
      const newest = event(subject, 'a', 2)
      await bus.publish([event(subject, 'a', 1), newest, event(`${subject}.other`, 'a', 3)])
      const found = await bus.last(stream, subject)
      expect(found?.subject).toBe(subject)
      expect(found?.headers).toEqual(newest.headers)
      expect(new TextDecoder().decode(found?.payload)).toBe('{"streamId":"a","version":2}')
    })

    it('is null where there is none', async () => {
      const { bus, stream, subject } = there()
      expect(await bus.last(stream, subject)).toBe(null)
      expect(await bus.last(uniqueName('NONE'), subject)).toBe(null)
    })
  })
}
