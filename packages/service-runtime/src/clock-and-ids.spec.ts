import { describe, expect, it } from 'vitest'
import { createUuidv7Ids } from './clock-and-ids.ts'

const uuidv7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('ids', () => {
  it('are UUIDs of version 7 that carry the millisecond they were made in', () => {
    const id = createUuidv7Ids(() => Date.UTC(2026, 10, 28)).next()
    expect(id).toMatch(uuidv7)
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(Date.UTC(2026, 10, 28))
  })

  it('are unique and sorted by creation, within one millisecond and beyond one page of randomness', () => {
    let now = 1_000
    const ids = createUuidv7Ids(() => now)
    const made = Array.from({ length: 2_000 }, (_, at) => {
      if (at % 700 === 699) now += 1
      return ids.next()
    })
    expect(new Set(made).size).toBe(2_000)
    expect([...made].sort()).toEqual(made)
  })

  it('stay sorted when the clock is set back', () => {
    let now = 1_000
    const ids = createUuidv7Ids(() => now)
    const before = ids.next()
    now = 10
    expect(ids.next() > before).toBe(true)
  })

  it('never share their random end', () => {
    const ids = createUuidv7Ids(() => 1)
    const ends = Array.from({ length: 1_000 }, () => ids.next().slice(-10))
    expect(new Set(ends).size).toBe(1_000)
  })
})
