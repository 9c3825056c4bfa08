import { describe, expect, it } from 'vitest'
import { readTogether } from './read-together.ts'

describe('reads of one turn', () => {
  const loads: (readonly string[])[] = []
  const read = readTogether(async (keys) => {
    loads.push(keys)
    if (keys.includes('broken')) throw new Error('away')
    return new Map(keys.filter((key) => key !== 'missing').map((key) => [key, `row ${key}`]))
  })

  it('are one, each key once, and everybody gets their own row', async () => {
    expect(await Promise.all(['a', 'b', 'missing', 'a'].map(read))).toEqual([
      'row a',
      'row b',
      undefined,
      'row a',
    ])
    expect(loads).toEqual([['a', 'b', 'missing']])
  })

  it('are not answered with what was read before', async () => {
    await read('a')
    expect(loads).toEqual([['a', 'b', 'missing'], ['a']])
  })

  it('fail together, and the next one reads anew', async () => {
    const outcomes = await Promise.allSettled(['broken', 'a'].map(read))
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await read('b')).toBe('row b')
  })
})
