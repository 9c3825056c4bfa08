import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { holdMessages } from './hold-messages.ts'

describe('messages that are worked on', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const message = () => {
    const said: string[] = []
    return { said, respond: (payload?: unknown) => said.push(String(payload)) > 0 }
  }
  const options = { ackWaitMs: 3_000, longestBatchMs: 5_000 }

  it('are said to be ours well within each ack wait, those that came meanwhile too', () => {
    const [first, later] = [message(), message()]
    const held = [first]
    const letGo = holdMessages(() => held, options)
    vi.advanceTimersByTime(1_500)
    held.push(later)
    vi.advanceTimersByTime(1_000)
    expect([first.said, later.said]).toEqual([['+WPI', '+WPI'], ['+WPI']])
    letGo()
    vi.advanceTimersByTime(60_000)
    expect(first.said).toHaveLength(2)
  })

  it('are anybody’s again when the batch takes longer than any can', () => {
    const stuck = message()
    holdMessages(() => [stuck], options)
    vi.advanceTimersByTime(60_000)
    expect(stuck.said).toHaveLength(5)
  })
})
