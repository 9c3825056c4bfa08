import { describe, expect, it } from 'vitest'
import { type Measurement, measureGauge } from './measured-gauge.ts'
import { createMetrics } from './metrics.ts'

describe('a gauge that is measured by whoever scrapes', () => {
  const scraped = async (
    read: () => Promise<readonly Measurement<'kind'>[]>,
    labels: readonly 'kind'[] = [],
    goodFor?: { readonly ms: number; readonly elapsedMs: () => number },
  ) => {
    const errors: unknown[] = []
    const metrics = createMetrics('spec')
    measureGauge(metrics, {
      name: 'spec_things',
      help: 'Things.',
      labels,
      read,
      ...(goodFor === undefined ? {} : { goodFor }),
      onError: (e) => errors.push(e),
    })
    return {
      errors,
      lines: async () => (await metrics.text()).split('\n').filter((line) => line.startsWith('spec_things')),
    }
  }

  it('forgets what is not there any more', async () => {
    const answers = [[{ labels: { kind: 'a' }, value: 1 }], [{ labels: { kind: 'b' }, value: 2 }]]
    const { lines } = await scraped(async () => answers.shift() ?? [], ['kind'])
    expect(await lines()).toEqual(['spec_things{kind="a",service="spec"} 1'])
    expect(await lines()).toEqual(['spec_things{kind="b",service="spec"} 2'])
    expect(await lines()).toEqual([])
  })

  it('is absent, not 0, while it has nothing to say or cannot look', async () => {
    const answers = [async () => [{ labels: {}, value: 7 }], async () => [], async () => Promise.reject(away)]
    const away = new Error('the database is away')
    const { lines, errors } = await scraped(async () => (await answers.shift()?.()) ?? [])
    expect(await lines()).toEqual(['spec_things{service="spec"} 7'])
    expect(await lines()).toEqual([])
    expect(errors).toEqual([])
    expect(await lines()).toEqual([])
    expect(errors).toEqual([away])
  })

  it('is found out once for as long as the answer is good, and at once again when it failed', async () => {
    let elapsed = 0
    let looks = 0
    const { lines, errors } = await scraped(
      async () => {
        looks += 1
        if (looks === 2) throw new Error('the database is away')
        return [{ labels: {}, value: looks }]
      },
      [],
      { ms: 1_000, elapsedMs: () => elapsed },
    )
    expect([await lines(), await lines()]).toEqual(Array(2).fill(['spec_things{service="spec"} 1']))
    elapsed = 1_001
    expect(await lines()).toEqual([])
    expect(errors).toHaveLength(1)
    expect(await lines()).toEqual(['spec_things{service="spec"} 3'])
  })
})
