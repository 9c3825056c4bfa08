import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { describeConsumerLag } from './consumer-lag-contract.ts'
import type { EventBus } from './event-bus.ts'
import { describeStoredMessages } from './stored-messages-contract.ts'
import { collect, event, idOf, uniqueName } from './test-events.ts'

/** What every bus promises; run against the in-memory one and NATS. */
export function describeEventBus(open: () => Promise<EventBus>): void {
  let bus: EventBus
  let stream: string
  let subject: string
  const wait = { timeout: 10_000 }

  beforeEach(async () => {
    bus = await open()
    stream = uniqueName('SPEC')
    subject = `evergrant.${stream}.happened.v1`
    await bus.declareStream({ name: stream, subjects: [`evergrant.${stream}.>`] })
  })
  afterEach(() => bus.close())

  describe('publishing', () => {
    it('answers with one outcome a message, in the order given', async () => {
      const outcomes = await bus.publish([
        event(subject, 'a', 1),
        event(subject, 'b', 1),
        event(subject, 'a', 2),
      ])
      expect(outcomes).toEqual(
        [1, 2, 3].map((sequence) => ({ status: 'published', sequence, duplicate: false })),
      )
    })

    it('recognises a message that was published before', async () => {
      await bus.publish([event(subject, 'a', 1), event(subject, 'a', 2)])
      const outcomes = await bus.publish([
        event(subject, 'a', 1),
        event(subject, 'a', 2),
        event(subject, 'a', 3),
      ])
      expect(outcomes).toEqual([
        { status: 'published', sequence: 1, duplicate: true },
        { status: 'published', sequence: 2, duplicate: true },
        { status: 'published', sequence: 3, duplicate: false },
      ])
    })

    it('publishes a repaired message again although it was published before', async () => {
      await bus.publish([event(subject, 'a', 1)])
      const outcomes = await bus.publish([event(subject, 'a', 1, 1)])
      expect(outcomes).toEqual([{ status: 'published', sequence: 2, duplicate: false }])
    })

    it('parks what can never be published and holds back only its own stream', async () => {
      const outcomes = await bus.publish([
        event('evergrant.bad subject', 'a', 1),
        event(subject, 'a', 2),
        event(subject, 'b', 1),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual(['park', 'retry', 'published'])
      expect(outcomes[0]).toMatchObject({ reason: expect.stringMatching(/^invalid_subject: /) })
    })

    it('asks to try again when no stream takes the subject', async () => {
      const outcomes = await bus.publish([
        event(`nobody.${stream}.v1`, 'a', 1),
        event(`nobody.${stream}.v1`, 'a', 2),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual(['retry', 'retry'])
    })
  })

  describe('consuming', () => {
    it('delivers what was published before and after, in order, with headers and bytes intact', async () => {
      const first = event(subject, 'a', 1)
      await bus.publish([first])
      const received = collect(bus, { stream, durable: 'reader' })
      await vi.waitFor(() => expect(received.ids).toEqual(['a@1']), wait)
      await bus.publish([event(subject, 'a', 2), event(subject, 'a', 3)])
      await vi.waitFor(() => expect(received.ids).toEqual(['a@1', 'a@2', 'a@3']), wait)
      expect(received.messages[0]?.subject).toBe(subject)
      expect(received.messages[0]?.headers).toEqual(first.headers)
      expect(new TextDecoder().decode(received.messages[0]?.payload)).toBe('{"streamId":"a","version":1}')
    })

    it('delivers a batch again when the receiver asks for it', async () => {
      await bus.publish([event(subject, 'a', 1)])
      const seen: (string | undefined)[] = []
      bus.consume({ stream, durable: 'reader' }, async (batch) => {
        seen.push(...batch.map(idOf))
        return seen.length < 3 ? { status: 'again', delayMs: 5, reason: 'not yet' } : { status: 'done' }
      })
      await vi.waitFor(() => expect(seen).toEqual(['a@1', 'a@1', 'a@1']), wait)
    })

    it('delivers a batch again when the receiver fails, and says what failed', async () => {
      await bus.publish([event(subject, 'a', 1)])
      const defect = new Error('a defect')
      const heard: unknown[] = []
      bus.onError((error) => heard.push(error))
      let calls = 0
      bus.consume({ stream, durable: 'reader' }, async () => {
        calls++
        if (calls === 1) throw defect
        return { status: 'done' }
      })
      await vi.waitFor(() => expect(calls).toBe(2), wait)
      expect(heard).toContain(defect)
    })

    it('continues where the durable stopped', async () => {
      const before = collect(bus, { stream, durable: 'reader' })
      await bus.publish([event(subject, 'a', 1)])
      await vi.waitFor(() => expect(before.ids).toEqual(['a@1']), wait)
      await before.stop()
      await bus.publish([event(subject, 'a', 2)])
      const after = collect(bus, { stream, durable: 'reader' })
      await vi.waitFor(() => expect(after.ids).toEqual(['a@2']), wait)
      expect(before.ids).toEqual(['a@1'])
    })

    it('shares the work between replicas of one durable and repeats it for another', async () => {
      const replicas = [
        collect(bus, { stream, durable: 'shared' }),
        collect(bus, { stream, durable: 'shared' }),
      ]
      const other = collect(bus, { stream, durable: 'other' })
      const events = Array.from({ length: 50 }, (_, index) => event(subject, `s${index}`, 1))
      await bus.publish(events)
      await vi.waitFor(() => {
        expect(replicas.flatMap(({ ids }) => ids)).toHaveLength(50)
        expect(other.ids).toHaveLength(50)
      }, wait)
      expect(new Set(replicas.flatMap(({ ids }) => ids)).size).toBe(50)
    })

    it('waits for a stream that is declared later', async () => {
      const late = uniqueName('LATE')
      const received = collect(bus, { stream: late, durable: 'reader' })
      await bus.declareStream({ name: late, subjects: [`evergrant.${late}.>`] })
      await bus.publish([event(`evergrant.${late}.happened.v1`, 'a', 1)])
      await vi.waitFor(() => expect(received.ids).toEqual(['a@1']), wait)
    })

    it('finishes the batch under way before it stops', async () => {
      await bus.publish([event(subject, 'a', 1)])
      const entered = Promise.withResolvers<void>()
      const release = Promise.withResolvers<void>()
      let finished = false
      const consumer = bus.consume({ stream, durable: 'reader' }, async () => {
        entered.resolve()
        await release.promise
        finished = true
        return { status: 'done' }
      })
      await entered.promise
      const stopped = consumer.stop()
      release.resolve()
      await stopped
      expect(finished).toBe(true)
      const later = collect(bus, { stream, durable: 'reader' })
      await bus.publish([event(subject, 'a', 2)])
      await vi.waitFor(() => expect(later.ids).toEqual(['a@2']), wait)
    })
  })

  describeConsumerLag(() => ({ bus, stream, subject }))

  describeStoredMessages(() => ({ bus, stream, subject, open }))

  describe('broadcasts', () => {
    it('reach every listener, and one of each queue', async () => {
      const heard: string[] = []
      bus.listen(`wake.${stream}`, (body) => void heard.push(`one ${String(body)}`))
      bus.listen(`wake.${stream}`, (body) => void heard.push(`two ${String(body)}`))
      bus.listen(`wake.${stream}`, () => void heard.push('queue'), { queue: 'q' })
      bus.listen(`wake.${stream}`, () => void heard.push('queue'), { queue: 'q' })
      bus.broadcast(`wake.${stream}`, 'up')
      await vi.waitFor(() => expect(heard.toSorted()).toEqual(['one up', 'queue', 'two up']), wait)
    })

    it('stop reaching a listener that stopped', async () => {
      const heard: string[] = []
      const stopped = bus.listen(`wake.${stream}`, () => void heard.push('stopped'))
      bus.listen(`wake.${stream}`, () => void heard.push('listening'))
      await stopped.stop()
      bus.broadcast(`wake.${stream}`, null)
      await vi.waitFor(() => expect(heard).toEqual(['listening']), wait)
    })

    it('of a bus that is closed reach nobody, and nobody has to mind', async () => {
      const heard: string[] = []
      bus.listen(`wake.${stream}`, () => void heard.push('late'))
      const closed = await open()
      await closed.close()
      expect(() => closed.broadcast(`wake.${stream}`, null)).not.toThrow()
      bus.broadcast(`wake.${stream}`, null)
      await vi.waitFor(() => expect(heard).toEqual(['late']), wait)
    })
  })

  describe('requests', () => {
    const serve = (handle: (body: unknown, headers: Readonly<Record<string, string>>) => Promise<unknown>) =>
      bus.serve({
        name: 'spec-service',
        version: '1.0.0',
        description: 'a service of this spec',
        endpoints: {
          ask: {
            subject: `ask.${stream}`,
            handle: async (body, headers) => ({ ok: true, body: await handle(body, headers) }),
          },
          refuse: {
            subject: `refuse.${stream}`,
            handle: async () => ({
              ok: false,
              status: 409,
              code: 'missing_scopes',
              body: { why: 'a scope' },
            }),
          },
        },
      })

    it('are answered with a body, and see the headers', async () => {
      await serve(async (body, headers) => ({ asked: body, traceparent: headers.traceparent }))
      const reply = await bus.request(
        `ask.${stream}`,
        { n: 1 },
        { timeoutMs: 2_000, headers: { traceparent: 't' } },
      )
      expect(reply).toEqual({ ok: true, body: { asked: { n: 1 }, traceparent: 't' } })
    })

    it('are refused with a status, a code and a body', async () => {
      await serve(async () => null)
      const reply = await bus.request(`refuse.${stream}`, null, { timeoutMs: 2_000 })
      expect(reply).toEqual({ ok: false, status: 409, code: 'missing_scopes', body: { why: 'a scope' } })
    })

    it('hide what went wrong inside the handler', async () => {
      await serve(async () => {
        throw new Error('a secret detail')
      })
      const reply = await bus.request(`ask.${stream}`, null, { timeoutMs: 2_000 })
      expect(reply).toEqual({ ok: false, status: 500, code: 'internal', body: null })
    })

    it('fail with bus_unavailable when nobody serves them', async () => {
      await expect(bus.request(`nobody.${stream}`, null, { timeoutMs: 500 })).rejects.toMatchObject({
        code: 'bus_unavailable',
      })
    })

    it('fail with bus_unavailable when the answer takes too long', async () => {
      const release = Promise.withResolvers<void>()
      await serve(() => release.promise)
      await expect(bus.request(`ask.${stream}`, null, { timeoutMs: 50 })).rejects.toMatchObject({
        code: 'bus_unavailable',
      })
      release.resolve()
    })
  })
}
