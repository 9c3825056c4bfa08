import { describe, expect, it } from 'vitest'
import { itemColumns } from './item-columns.ts'

describe('what an item is found by', () => {
  it.each([
    ['gmail', {}, { atMs: 0, facets: { from: '', to: '', subject: '', labels: [] } }],
    [
      'gmail',
      {
        internalDate: '1767225600000',
        labelIds: ['INBOX', 7],
        payload: { headers: [{ name: 'Subject', value: 'Hello' }, { name: 'To' }, null] },
      },
      { atMs: 1_767_225_600_000, facets: { from: '', to: '', subject: 'hello', labels: ['inbox'] } },
    ],
    ['drive', { modifiedTime: 'yesterday' }, { atMs: 0, facets: {} }],
    [
      'drive',
      { name: 'Plan B', modifiedTime: '2026-01-01T00:00:00Z' },
      { atMs: Date.UTC(2026, 0, 1), facets: { name: 'plan b' } },
    ],
  ] as const)('comes from Google’s own fields, whatever is missing: %s %j', (service, raw, columns) => {
    expect(itemColumns[service](raw)).toEqual(columns)
  })
})
