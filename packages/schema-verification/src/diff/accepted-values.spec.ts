import { describe, expect, it } from 'vitest'
import { acceptedValues } from './accepted-values.ts'

const values = (definition: string) => [...(acceptedValues(definition)?.values ?? ['another form'])]

describe('the values a check lets through', () => {
  it.each([
    ["CHECK ((service = ANY (ARRAY['a'::text, 'b'::text])))", ['a', 'b']],
    ["CHECK ((service = ANY (ARRAY['a', 'b'])))", ['a', 'b']],
    ["CHECK ((service = 'a'::text))", ['a']],
    ["CHECK ((service = 'a'))", ['a']],
    ["CHECK ((kind = ANY (ARRAY['it''s'::character varying, 'b'::character varying])))", ["it''s", 'b']],
    ["CHECK ((service <> 'a'::text))", ['another form']],
    ["CHECK ((service = 'a'::text) OR (service IS NULL))", ['another form']],
    ["CHECK ((service = ANY (ARRAY[lower('a'::text), 'b'::text])))", ['another form']],
    ["CHECK ((service = 'a'::text)) NOT VALID", ['another form']],
    ['CHECK ((length(note) < 9))', ['another form']],
    ["NOT CHECK ((service = 'a'::text))", ['another form']],
  ])('are read off %s', (definition, read) => {
    expect(values(definition)).toEqual(read)
  })

  it('are compared only within the same frame, which one value alone has too', () => {
    const frame = (definition: string) => acceptedValues(definition)?.frame
    const two = frame("CHECK ((service = ANY (ARRAY['a'::text, 'b'::text])))")
    expect(two).toBe('CHECK ((service = ANY (…)))')
    expect(frame("CHECK ((service = 'a'::text))")).toBe(two)
    expect(frame("CHECK ((NOT (service = ANY (ARRAY['a'::text]))))")).not.toBe(two)
  })
})
