import { requiredScopes } from '@evergrant/event-contracts'
import { describe, expect, it } from 'vitest'
import { type LegacyRow, legacyGrants } from './legacy-grant.ts'

const issuer = 'https://accounts.google.com'

function row(rowId: string, change: Partial<LegacyRow> = {}): LegacyRow {
  return {
    rowId,
    userId: 'alice',
    service: 'calendar',
    account: { id: '42', email: 'alice@example.com' },
    scopes: requiredScopes('calendar', 'read'),
    expiresAt: new Date(0),
    updatedAt: new Date(0),
    accessToken: 'a',
    refreshToken: 'r',
    ...change,
  }
}
const chosen = (...rows: LegacyRow[]) => legacyGrants(rows, issuer).map((grant) => grant.chosen.rowId)

describe('rows of an older table', () => {
  it('are one grant per user and account', () => {
    const other = { account: { id: '43', email: 'work@example.com' } }
    const grants = legacyGrants(
      [row('1'), row('2', { service: 'gmail' }), row('3', other), row('4', { userId: 'bob' })],
      issuer,
    )
    expect(grants.map(({ rowIds, adoptionId }) => [rowIds, adoptionId])).toEqual([
      [['1', '2'], 'legacy:calendar+gmail'],
      [['3'], 'legacy:calendar'],
      [['4'], 'legacy:calendar'],
    ])
  })

  it('give the token that can be refreshed, then the broadest, then the newest', () => {
    const both = [...requiredScopes('calendar', 'read'), ...requiredScopes('gmail', 'read')]
    const gmail = { service: 'gmail' as const, scopes: requiredScopes('gmail', 'read') }
    expect(chosen(row('1', { refreshToken: null, scopes: both }), row('2', gmail))).toEqual(['2'])
    expect(chosen(row('1', { updatedAt: new Date(9) }), row('2', { ...gmail, scopes: both }))).toEqual(['2'])
    expect(chosen(row('1'), row('2', { updatedAt: new Date(1) }))).toEqual(['2'])
    expect(chosen(row('1', { scopes: null }), row('2'))).toEqual(['2'])
  })

  it('may write only where every service was granted it', () => {
    const access = (scopes: LegacyRow['scopes']) => legacyGrants([row('1', { scopes })], issuer)[0]?.access
    expect(access(requiredScopes('calendar', 'readwrite'))).toBe('readwrite')
    expect(access(requiredScopes('calendar', 'read'))).toBe('read')
    expect(access(null)).toBe('read')
  })
})
