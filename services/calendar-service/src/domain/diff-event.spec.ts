import { expect, it } from 'vitest'
import { diffEvents } from './diff-event.ts'

it('names what differs, and leaves out what always does', () => {
  const before = { id: 'e', etag: '"1"', summary: 'Tea', start: { date: '2026-06-01' }, colorId: '1' }
  const after = {
    id: 'e',
    etag: '"2"',
    summary: 'Coffee',
    start: { date: '2026-06-01' },
    location: 'Kitchen',
  }
  expect(diffEvents(before, after)).toEqual([
    { field: 'colorId', before: '1' },
    { field: 'location', after: 'Kitchen' },
    { field: 'summary', before: 'Tea', after: 'Coffee' },
  ])
  expect(diffEvents(null, { id: 'e' })).toEqual([{ field: 'id', after: 'e' }])
  expect(diffEvents(before, before)).toEqual([])
})
