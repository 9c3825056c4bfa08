import { describe, expect, it } from 'vitest'
import { currentSchemaVersion, upcast } from './upcast.ts'

const facts = {
  Noted: {
    schemaVersion: 3,
    upcasters: {
      1: (data: object) => ({ ...data, one: true }),
      2: (data: object) => ({ ...data, two: true }),
    },
  },
  Torn: { schemaVersion: 2 },
}

describe('a stored fact', () => {
  it.each([
    [1, { a: 1, one: true, two: true }],
    [2, { a: 1, two: true }],
    [3, { a: 1 }],
  ])('of schema version %i becomes one of today', (version, expected) => {
    expect(upcast(facts, 'Noted', version, { a: 1 })).toEqual(expected)
  })

  it('of a later version or an unknown type passes as it is', () => {
    expect(upcast(facts, 'Noted', 4, { later: 1 })).toEqual({ later: 1 })
    expect(upcast(facts, 'OfTomorrow', 1, { a: 1 })).toEqual({ a: 1 })
  })

  it('without a way to today is an error, not half a fact', () => {
    expect(() => upcast(facts, 'Torn', 1, {})).toThrow(expect.objectContaining({ code: 'missing_upcaster' }))
  })

  it('cannot be written when no catalogue knows it', () => {
    expect(() => currentSchemaVersion(facts, 'OfTomorrow')).toThrow(
      expect.objectContaining({ code: 'unknown_fact' }),
    )
  })
})
