import { describe, expect, it } from 'vitest'
import { compareTypes } from './compare-types.ts'

describe('a column of another type', () => {
  it.each([
    ['timestamp with time zone', 'timestamp without time zone', 'silent', /^it stores no time zone any more/],
    ['timestamp without time zone', 'timestamp with time zone', 'silent', /^it stores a time zone now/],
    [
      'timestamp(3) with time zone',
      'timestamp(0) with time zone',
      'silent',
      /^fractions of a second are rounded/,
    ],
    ['timestamp(0) with time zone', 'timestamp with time zone', 'info', /^every fraction .* still fits$/],
    ['text', 'character varying(64)', 'breaking_write', /^a value longer than 64 characters/],
    ['character varying(64)', 'character varying(320)', 'info', /^everything that fitted still fits$/],
    ['character varying(64)', 'text', 'info', /^everything that fitted still fits$/],
    ['character varying', 'text', 'info', /^everything that fitted still fits$/],
    ['numeric(10,2)', 'numeric(5,2)', 'breaking_write', /^numbers may not fit, or are rounded$/],
    ['text', 'bytea', 'breaking_read', /^values come back as bytes/],
    ['text', 'integer', 'breaking_read', /^values are read as another type/],
    ['numeric', 'text', 'breaking_read', /^values are read as another type/],
    ['integer', 'numeric', 'breaking_read', /^values are read as another type/],
    ['character(3)', 'character(5)', 'breaking_read', /^values are read as another type/],
    ['timestamp with time zone', 'date', 'breaking_read', /^values are read as another type/],
    ['date', 'timestamp with time zone', 'breaking_read', /^values are read as another type/],
  ])('that was %s and is %s is %s', (expected, actual, word, why) => {
    const verdict = compareTypes(expected, actual)
    expect(verdict.class).toBe(word)
    expect(verdict.why).toMatch(why)
  })

  it.each([
    ['timestamp with time zone', 'timestamp without time zone', " using at at time zone 'UTC'"],
    ['timestamp(0) with time zone', 'timestamp with time zone', ''],
    ['text', 'bytea', " using convert_from(at, 'UTF8')"],
    ['text', 'character varying(5)', ''],
    ['numeric(10,2)', 'numeric(5,2)', ''],
    ['jsonb', 'text', ' using at::jsonb'],
  ])('goes back to %s from %s with%s', (expected, actual, using) => {
    expect(compareTypes(expected, actual).using('at')).toBe(using)
  })
})
