import { DomainError } from '@evergrant/decider'
import { describe, expect, it } from 'vitest'
import { occurrenceWindow, storedWindow } from './event-window.ts'

const now = new Date('2026-11-23T10:00:00Z')
const ms = (text: string) => Date.parse(text)

describe('the window of a list', () => {
  it('has no bounds of its own for stored events', () => {
    expect(storedWindow({})).toEqual({ fromMs: null, toMs: null })
    expect(storedWindow({ timeMax: '2026-01-01T00:00:00+01:00' })).toEqual({
      fromMs: null,
      toMs: ms('2025-12-31T23:00:00Z'),
    })
  })

  it('ends a year after its begin, or after now, because occurrences never end by themselves (B2.43)', () => {
    expect(occurrenceWindow({}, now)).toEqual({ fromMs: null, toMs: ms('2027-11-24T10:00:00Z') })
    const future = { timeMin: '2030-01-01T00:00:00Z' }
    expect(occurrenceWindow(future, now).toMs).toBe(ms('2031-01-02T00:00:00Z'))
    const past = { timeMin: '2025-01-01T00:00:00Z' }
    expect(occurrenceWindow(past, now).toMs).toBe(ms('2027-11-24T10:00:00Z'))
  })

  it.each([
    { timeMin: '2026-01-02T00:00:00Z', timeMax: '2026-01-01T00:00:00Z' },
    { timeMin: '2026-01-01T00:00:00Z', timeMax: '2026-01-01T00:00:00Z' },
    { timeMin: '2000-01-01T00:00:00Z', timeMax: '2026-01-01T00:00:00Z' },
  ])('is refused when it is empty or endless: %j', (asked) => {
    expect(() => occurrenceWindow(asked, now)).toThrow(DomainError)
  })
})
