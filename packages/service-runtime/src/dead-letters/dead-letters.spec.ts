import type { ParkedEvents, ParkedMessages } from '@evergrant/event-store'
import { expect, it } from 'vitest'
import { createDeadLetters } from './dead-letters.ts'

const metadata = { actor: { kind: 'operator' }, correlationId: 'c' } as const
const unasked = new Proxy(
  {},
  { get: (_, name) => () => Promise.reject(new Error(`${String(name)} was asked`)) },
)

it('a message the bus says nothing about is under way, and nobody waits for it for ever', async () => {
  const retried: string[] = []
  const parkedMessages: Pick<ParkedMessages, 'retry' | 'standing'> = {
    retry: async (id) => void retried.push(id),
    standing: async () => 'waiting',
  }
  const deadLetters = createDeadLetters({
    service: 'token-service',
    parkedEvents: unasked as ParkedEvents,
    parkedMessages: { ...(unasked as ParkedMessages), ...parkedMessages },
    store: { readStream: async () => ({ version: 0, facts: [] }) },
    publishedWithinMs: 200,
  })
  expect(await deadLetters.retry('publisher-17', metadata)).toEqual({ outcome: 'under_way', reason: null })
  expect(retried).toEqual(['17'])
})
