import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ChainedVend, type ChainHead, chained, chainWalk, emptyChain } from './vend-chain.ts'

const grantId = randomUUID()
const vend = (purpose: string) => ({
  id: randomUUID(),
  connectionId: randomUUID(),
  grantId,
  generation: 1,
  caller: 'calendar-service',
  purpose,
  scopes: ['openid'],
  traceparent: null,
  at: new Date(1_700_000_000_000),
})
const walked = (entries: readonly ChainedVend[], head: ChainHead) => {
  const walk = chainWalk()
  for (const entry of entries) walk.step(entry)
  return walk.end(head)
}
const headOf = (entries: readonly ChainedVend[]): ChainHead => entries.at(-1) ?? emptyChain

describe('the chain of vends', () => {
  const lengths = fc.integer({ min: 1, max: 12 })

  it('is whole however it was put together', () => {
    fc.assert(
      fc.property(lengths, lengths, (first, second) => {
        const one = chained(
          emptyChain,
          Array.from({ length: first }, () => vend('a')),
        )
        const more = chained(
          headOf(one),
          Array.from({ length: second }, () => vend('b')),
        )
        expect(walked([...one, ...more], headOf(more))).toEqual([])
      }),
    )
  })

  it('shows every missing entry, the last one too', () => {
    fc.assert(
      fc.property(lengths, fc.nat(), (length, pick) => {
        const entries = chained(
          emptyChain,
          Array.from({ length }, () => vend('a')),
        )
        const index = pick % length
        const rest = entries.filter((_, at) => at !== index)
        expect(walked(rest, headOf(entries))).toEqual([{ sequence: index + 1, problem: 'is missing' }])
      }),
    )
  })

  it('shows a changed entry, also when its own hash was made to fit', () => {
    fc.assert(
      fc.property(lengths, fc.nat(), (length, pick) => {
        const entries = chained(
          emptyChain,
          Array.from({ length }, () => vend('a')),
        )
        const index = pick % length
        const changed = entries.map((entry, at) => (at === index ? { ...entry, caller: 'nobody' } : entry))
        expect(walked(changed, headOf(entries))).toEqual([{ sequence: index + 1, problem: 'was changed' }])
        const before = entries[index - 1] ?? emptyChain
        const forged = entries.map((entry, at) =>
          at === index ? (chained(before, [{ ...entry, caller: 'nobody' }])[0] ?? entry) : entry,
        )
        expect(walked(forged, headOf(entries))).toHaveLength(1)
      }),
    )
  })
})
