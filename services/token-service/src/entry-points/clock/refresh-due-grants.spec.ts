import { afterEach, describe, expect, it, vi } from 'vitest'
import { tokenErrors } from '../../domain/errors.ts'
import { startRefreshClock } from './refresh-due-grants.ts'

describe('the clock of scheduled refreshes', () => {
  let stop: () => Promise<void> = async () => undefined
  let letGo: () => void = () => undefined
  afterEach(async () => {
    letGo()
    await stop()
  })

  const start = (due: string[], refresh: (grantId: string) => Promise<void>) => {
    const errors: unknown[] = []
    const clock = startRefreshClock({
      claim: async (limit) => {
        const taken = due.splice(0, limit)
        return {
          grants: taken.map((grantId) => ({ grantId, generation: 1 })),
          more: taken.length === limit,
        }
      },
      freshness: { refresh: ({ grantId }) => refresh(grantId), drain: async () => undefined },
      ids: { next: () => 'id' },
      onError: (error) => errors.push(error),
    })
    stop = () => clock.stop()
    return { errors }
  }

  it('goes on with the others while one of them is slow', async () => {
    const slow = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const done: string[] = []
    const due = ['slow', ...Array.from({ length: 200 }, (_, index) => `grant-${index}`)]
    start(due, async (grantId) => {
      if (grantId === 'slow') await slow
      done.push(grantId)
    })
    await vi.waitFor(() => expect(done).toHaveLength(200))
    expect(done).not.toContain('slow')
  })

  it('does not fall upon Google with everything that became due while nobody ran', async () => {
    let atOnce = 0
    let most = 0
    let finished = 0
    const due = Array.from({ length: 30 }, (_, index) => `grant-${index}`)
    start(due, async () => {
      most = Math.max(most, ++atOnce)
      await new Promise((resolve) => setImmediate(resolve))
      atOnce -= 1
      finished += 1
      throw tokenErrors.google_unavailable()
    })
    await vi.waitFor(() => expect(finished).toBe(30))
    expect(most).toBe(8)
  })

  it('is not slowed by refreshes that our own retry budget held back', async () => {
    let atOnce = 0
    let most = 0
    let finished = 0
    const due = Array.from({ length: 60 }, (_, index) => `grant-${index}`)
    start(due, async () => {
      atOnce += 1
      // The first ones only fill the width; what it is afterwards is the question.
      if (finished > 20) most = Math.max(most, atOnce)
      await new Promise((resolve) => setImmediate(resolve))
      atOnce -= 1
      finished += 1
      throw tokenErrors.google_unavailable({ extensions: { reason: 'retry_budget' } })
    })
    await vi.waitFor(() => expect(finished).toBe(60))
    expect(most).toBeGreaterThanOrEqual(6)
  })

  it('leaves recorded failures to the record and tells of defects', async () => {
    const defect = new TypeError('a defect')
    const { errors } = start(['known', 'defect'], async (grantId) => {
      throw grantId === 'known' ? tokenErrors.needs_reauthorization() : defect
    })
    await vi.waitFor(() => expect(errors).toEqual([defect]))
  })
})
