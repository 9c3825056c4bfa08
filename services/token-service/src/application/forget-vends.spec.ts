import { describe, expect, it } from 'vitest'
import { createForgetVends } from './forget-vends.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

describe('forgetting old vends', () => {
  const rounds = (keptDays: number, pages: readonly (string | null)[]) => {
    const left = [...pages]
    const asked: { readonly before: number; readonly after: string | null }[] = []
    let now = 1_000 * dayMs
    const round = createForgetVends({
      vends: {
        forget: async ({ before, after }) => {
          asked.push({ before: before.getTime() / dayMs, after })
          return { forgotten: 1, next: left.shift() ?? null }
        },
      },
      clock: { now: () => new Date(now) },
      keptMs: keptDays * dayMs,
      onForgotten: () => undefined,
    })
    return { round, asked, pass: (ms: number) => (now += ms) }
  }

  it('goes through all grants, some at a time', async () => {
    const { round, asked } = rounds(400, ['g1', 'g2'])
    expect([await round(), await round(), await round()]).toEqual([true, true, false])
    expect(asked.map(({ after }) => after)).toEqual([null, 'g1', 'g2'])
    expect(asked[0]?.before).toBe(600)
  })

  it('rests for an hour when it has seen them all, and begins anew', async () => {
    const { round, asked, pass } = rounds(400, [])
    await round()
    pass(hourMs - 1)
    await round()
    expect(asked).toHaveLength(1)
    pass(1)
    await round()
    expect(asked.map(({ after }) => after)).toEqual([null, null])
  })

  it('asks for nothing where all are kept for ever', async () => {
    const { round, asked } = rounds(0, [])
    expect(await round()).toBe(false)
    expect(asked).toEqual([])
  })
})
