import { describe, expect, it } from 'vitest'
import { migrateArguments } from './migrate-arguments.ts'

describe('the arguments of a migration program', () => {
  it.each([
    [[], { direction: 'up', acceptDataLoss: false }],
    [['up'], { direction: 'up', acceptDataLoss: false }],
    [['down'], { direction: 'down', acceptDataLoss: false }],
    [['down', '--to=3', '--accept-data-loss'], { direction: 'down', to: '3', acceptDataLoss: true }],
  ])('%j are understood', (args, understood) => {
    expect(migrateArguments(args)).toEqual(understood)
  })

  it.each([
    ['a misspelt direction, which must not become an up', ['dwon']],
    ['a second direction', ['down', 'up']],
    ['a way back with up', ['up', '--to=3']],
    ['an accepted loss with up', ['--accept-data-loss']],
    ['an unknown option', ['down', '--force']],
  ])('refuse %s', (_what, args) => {
    expect(() => migrateArguments(args)).toThrow(TypeError)
  })
})
