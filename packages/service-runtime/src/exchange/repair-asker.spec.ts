import type { Reply } from '@evergrant/event-bus'
import { createInMemoryEventBus } from '@evergrant/event-bus/testing'
import type { Gap } from '@evergrant/event-store'
import { beforeEach, describe, expect, it } from 'vitest'
import { createRepairAsker } from './repair-asker.ts'
import { gapsPerRequest, repairRequestSchema } from './repair-messages.ts'

const gap = (streamId: string, from: number, to: number): Gap => ({
  source: 'token-service',
  streamId,
  from,
  to,
})

describe('asking a publisher for missing events', () => {
  let now: number
  let asked: { streamId: string; from: number; to: number }[][]
  let starts: unknown[]
  let errors: string[]
  let answer: (gaps: number) => Reply
  let asker: ReturnType<typeof createRepairAsker>

  beforeEach(async () => {
    now = 0
    asked = []
    starts = []
    errors = []
    answer = (gaps) => ({
      ok: true,
      body: { results: Array.from({ length: gaps }, () => ({ firstAvailable: 1, republished: 1 })) },
    })
    const bus = createInMemoryEventBus()
    await bus.serve({
      name: 'token-service-repair',
      version: '1.0.0',
      description: 'the publisher of this spec',
      endpoints: {
        repair: {
          subject: 'evergrant.repair.token',
          handle: async (body) => {
            const { gaps } = repairRequestSchema.parse(body)
            asked.push(gaps)
            return answer(gaps.length)
          },
        },
      },
    })
    asker = createRepairAsker({
      bus,
      contexts: ['token', 'oauth'],
      inbox: { startAt: async (stream, version) => void starts.push([stream.streamId, version]) },
      clock: { now: () => new Date(now) },
      repairAfterMs: 5_000,
      onAsked: () => undefined,
      onError: (_, what) => errors.push(what),
    })
  })

  it('asks the service that owns the stream, many gaps at a time', async () => {
    const gaps = Array.from({ length: gapsPerRequest + 1 }, (_, index) => gap(`s${index}`, 2, 3))
    await asker.ask(gaps)
    expect(asked.map((request) => request.length)).toEqual([gapsPerRequest, 1])
    expect(asked[0]?.[0]).toEqual({ streamId: 's0', from: 2, to: 3 })
  })

  it('gives an answer time to arrive before it asks again', async () => {
    await asker.ask([gap('a', 1, 2)])
    now = 4_999
    await asker.ask([gap('a', 1, 2)])
    expect(asked).toHaveLength(1)
    now = 5_000
    await asker.ask([gap('a', 1, 2)])
    expect(asked).toHaveLength(2)
  })

  it('starts later where the publisher no longer has the beginning', async () => {
    answer = () => ({ ok: true, body: { results: [{ firstAvailable: 7, republished: 2 }] } })
    await asker.ask([gap('a', 1, 8)])
    expect(starts).toEqual([['a', 7]])
  })

  it('never guesses when the publisher knows less than the consumer', async () => {
    answer = () => ({ ok: true, body: { results: [{ firstAvailable: null, republished: 0 }] } })
    expect(await asker.ask([gap('a', 3, 4)])).toEqual([gap('a', 3, 4)])
    expect(starts).toEqual([])
    expect(errors).toEqual(['publisher is behind'])
  })

  it('never turns the name of an unknown publisher into a subject', async () => {
    await asker.ask([{ ...gap('a', 1, 1), source: 'evergrant.> *' }])
    expect([asked, errors]).toEqual([[], []])
  })

  it('survives a publisher that is away, refuses, or answers nonsense', async () => {
    await asker.ask([{ ...gap('a', 1, 1), source: 'oauth-service' }])
    answer = () => ({ ok: false, status: 400, code: 'invalid_request', body: null })
    await asker.ask([gap('b', 1, 1)])
    answer = () => ({ ok: true, body: 'what?' })
    await asker.ask([gap('c', 1, 1)])
    expect(errors).toHaveLength(3)
  })
})
