import { expect, it } from 'vitest'
import { sameJson } from './same-json.ts'

it.each([
  [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, true],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [{ a: undefined }, { b: undefined }, false],
  [[1, 2], [2, 1], false],
  [[], {}, false],
  [null, {}, false],
  ['1', 1, false],
  [undefined, undefined, true],
])('compares %j with %j', (left, right, same) => {
  expect(sameJson(left, right)).toBe(same)
})
