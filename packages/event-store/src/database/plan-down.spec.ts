import { describe, expect, it } from 'vitest'
import { planDown } from './plan-down.ts'

const applied = ['0001-store', '0002-store', '0001-own', '0002-own']
const known = applied.map((name) => ({ name, reversible: true, loses: [] as string[] | null }))
const but = (name: string, change: object) =>
  known.map((migration) => (migration.name === name ? { ...migration, ...change } : migration))

describe('the way down', () => {
  it.each([
    ['the last one, unasked', undefined, ['0002-own']],
    ['everything after a name', '0002-store', ['0002-own', '0001-own']],
    ["everything after a number, which is the service's own", '1', ['0002-own']],
    ['everything', '0', ['0002-own', '0001-own', '0002-store', '0001-store']],
    ['nothing after the last one', '0002-own', []],
  ])('leads, latest first, over %s', (_, to, steps) => {
    expect(planDown({ applied, known, ...(to === undefined ? {} : { to }) })).toEqual(steps)
  })

  it('is not begun where it would destroy data, unless that is accepted', () => {
    const lossy = but('0001-own', { loses: ['tokens and their rows'] })
    expect(() => planDown({ applied, known: lossy, to: '0' })).toThrow(
      /0001-own \(tokens and their rows\).*--accept-data-loss/,
    )
    expect(planDown({ applied, known: lossy })).toEqual(['0002-own'])
    expect(planDown({ applied, known: lossy, to: '0', acceptDataLoss: true })).toHaveLength(4)
  })

  it('takes a migration that does not say what it loses for one that loses something', () => {
    expect(() => planDown({ applied, known: but('0002-own', { loses: null }) })).toThrow(/does not say/)
  })

  it.each([
    ['one of them has no way back', '0', but('0001-store', { reversible: false }), 'migration_forward_only'],
    ['a newer release applied one', '0', known.slice(0, 3), 'migration_unknown'],
    ['it shall end at one that is not there', '0009-own', known, 'migration_unknown'],
    ['it shall end at a number that is not there', '9', known, 'migration_unknown'],
  ])('is not begun where %s', (_, to, some, code) => {
    expect(() => planDown({ applied, known: some, to, acceptDataLoss: true })).toThrow(
      expect.objectContaining({ code }),
    )
  })
})
