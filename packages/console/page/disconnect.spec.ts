import { describe, expect, it } from 'vitest'
import type { Calendar, Connection } from './api-shapes.ts'
import { inOrder } from './calendar-list.js'
import { disconnectWords } from './disconnect.js'

const connection = (id: string, own: Partial<Connection> = {}): Connection => ({
  id,
  grantId: 'g1',
  service: 'calendar',
  account: { id: '1', email: 'alice@example.com' },
  status: 'active',
  reason: null,
  action: null,
  scopes: [],
  missingScopes: [],
  access: 'read',
  expiresAt: null,
  lastRefreshedAt: null,
  lastUsedAt: null,
  connectedAt: '2026-11-29T10:00:00.000Z',
  capabilities: {},
  generation: 1,
  ...own,
})
const calendar = connection('c')

describe('before disconnecting, the page says', () => {
  it('that the last connection of an account takes its tokens and its access at Google along', () => {
    const gone = connection('d', { service: 'drive', status: 'disconnected' })
    const stranger = connection('m', { service: 'gmail', grantId: 'g2' })
    const words = disconnectWords(calendar, [calendar, gone, stranger]).join(' ')
    expect(words).toContain('withdrawn at Google, and the tokens kept here are destroyed')
  })
  it('that the tokens stay while another service of the account uses them, and which', () => {
    const drive = connection('d', { service: 'drive' })
    const words = disconnectWords(calendar, [calendar, drive]).join(' ')
    expect(words).toContain('tokens are kept, because Google Drive still uses them')
    expect(words).not.toContain('withdrawn at Google')
  })
  it('that the copy stays', () => {
    expect(disconnectWords(calendar, [calendar]).join(' ')).toContain('stays here as a copy')
  })
})

describe('calendars', () => {
  const row = (summary: string, status: Calendar['sync']['status'] = 'fresh', primary = false): Calendar => ({
    id: summary,
    connectionId: 'c',
    summary,
    primary,
    sync: { status, lastSyncedAt: null, reason: null },
  })
  it('are in order of trouble, the main one before the others, and then by name', () => {
    const rows = [row('Team 10'), row('Team 9'), row('Zoe', 'fresh', true), row('Old', 'failed')]
    expect(inOrder(rows).map(({ summary }) => summary)).toEqual(['Old', 'Zoe', 'Team 9', 'Team 10'])
  })
})
