import { describe, expect, it } from 'vitest'
import { rebuildArguments } from './rebuild-arguments.ts'

const known = [
  { name: 'first', tables: ['one', 'shared'] },
  { name: 'second', tables: ['two', 'shared'] },
]
const both = ['first', 'second']

describe('the arguments of a rebuild program', () => {
  it.each([
    [[], { projections: both, notDerived: [], dryRun: false }],
    [['--dry-run'], { projections: both, notDerived: [], dryRun: true }],
    [['--projection=second'], { projections: ['second'], notDerived: [], dryRun: false }],
    [
      ['--projection=first', '--after=s-1'],
      { projections: ['first'], notDerived: [], after: 's-1', dryRun: false },
    ],
    [['--table=shared'], { projections: both, notDerived: [], dryRun: false }],
    [['--table=two', '--table=secrets'], { projections: ['second'], notDerived: ['secrets'], dryRun: false }],
  ])('%j are understood', (args, understood) => {
    expect(rebuildArguments(args, known)).toEqual(understood)
  })

  it.each([
    ['a projection that is none, naming those there are', ['--projection=third'], /first, second/],
    ['a position without a projection it is in', ['--after=s-1'], /--projection/],
    ['a misspelt dry run, which must not become a real one', ['--dryrun'], /--dryrun/],
    ['a word', ['first'], /first/],
  ])('refuse %s', (_what, args, named) => {
    expect(() => rebuildArguments(args, known)).toThrow(named)
  })
})
