import { describe, expect, it } from 'vitest'
import { selectFields } from './partial-response.ts'

const list = { etag: '1', items: [{ id: 'a', start: { date: 'd', zone: 'z' } }, { id: 'b' }], next: 'n' }

describe('fields', () => {
  it.each([
    ['items/id', { items: [{ id: 'a' }, { id: 'b' }] }],
    ['etag,items(start/date)', { etag: '1', items: [{ start: { date: 'd' } }, {}] }],
    ['items(id,start(zone)),next', { items: [{ id: 'a', start: { zone: 'z' } }, { id: 'b' }], next: 'n' }],
    ['*', list],
    ['items/*', { items: list.items }],
    ['nothing', {}],
  ])('%s selects just that', (mask, expected) => {
    expect(selectFields(list, mask)).toEqual(expected)
  })

  it.each(['', 'items(', 'items(id', 'a,,b', 'a)', 'a/'])('refuses the mask "%s"', (mask) => {
    expect(() => selectFields(list, mask)).toThrow(/Invalid field selection/)
  })
})
