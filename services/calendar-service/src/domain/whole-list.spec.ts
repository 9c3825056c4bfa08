import { describe, expect, it } from 'vitest'
import { isWholeDue } from './whole-list.ts'

// Its time of day is 0x3600000 ms after midnight: 15:43:43.
const resourceId = '00000000-0000-4000-8000-000003600000'
const list = { resourceId, kind: 'calendar_list', googleId: 'me' } as const
const contacts = {
  ...list,
  kind: 'calendar',
  googleId: 'addressbook#contacts@group.v.calendar.google.com',
} as const
const isDue = (
  resource: Omit<Parameters<typeof isWholeDue>[0], 'lastSyncedAt'>,
  last: string | null,
  now: string,
) => isWholeDue({ ...resource, lastSyncedAt: last === null ? null : new Date(last) }, new Date(now))

describe('a list of everything', () => {
  it('is due once a day for what deltas do not tell (B1.28, B7.85)', () => {
    for (const resource of [list, contacts]) {
      expect(isDue(resource, '2026-03-02T15:00:00Z', '2026-03-02T15:30:00Z')).toBe(false)
      expect(isDue(resource, '2026-03-02T15:30:00Z', '2026-03-02T16:00:00Z')).toBe(true)
      expect(isDue(resource, '2026-03-02T16:00:00Z', '2026-03-03T15:30:00Z')).toBe(false)
      expect(isDue(resource, '2026-03-02T16:00:00Z', '2026-03-05T00:00:00Z')).toBe(true)
    }
  })

  it('is due for nothing else, nor before the first one', () => {
    const calendar = { ...contacts, googleId: 'alice@example.com' }
    expect(isDue(calendar, '2026-01-01T00:00:00Z', '2026-03-05T00:00:00Z')).toBe(false)
    expect(isDue({ ...list, kind: 'mailbox' }, '2026-01-01T00:00:00Z', '2026-03-05T00:00:00Z')).toBe(false)
    expect(isDue(list, null, '2026-03-05T00:00:00Z')).toBe(false)
  })
})
