import { beforeEach, describe, expect, it } from 'vitest'
import { evolveGrant } from '../domain/evolve-grant.ts'
import type { Grant } from '../domain/grant-state.ts'
import { createWarmTokens, trustedForMs, type WarmTokens } from './warm-tokens.ts'

function grantOf(grantId: string): Grant {
  const data = {
    grantId,
    userId: 'alice',
    issuer: 'https://accounts.google.com',
    account: { id: '1', email: 'alice@example.com' },
    openedAt: '2026-11-23T10:00:00.000Z',
  }
  const state = evolveGrant({ status: 'none' }, { type: 'GrantOpened', data })
  if (state.status === 'none') throw new TypeError('not opened')
  return state
}

const token = (grantId = 'grant') => ({
  grant: grantOf(grantId),
  service: 'calendar' as const,
  accessToken: 'ya29.warm',
})

describe('tokens at hand', () => {
  let now: number
  let warm: WarmTokens

  beforeEach(() => {
    now = 1_000
    warm = createWarmTokens(() => now)
    warm.confirm(now)
  })

  it('serves what was kept, until its grant changes', () => {
    warm.keep(warm.ticket(), 'calendar', token())
    warm.keep(warm.ticket(), 'drive', token())
    warm.keep(warm.ticket(), 'other', token('another'))
    expect(warm.get('calendar')).toMatchObject({ accessToken: 'ya29.warm' })
    warm.forget('grant')
    expect(warm.get('calendar')).toBeUndefined()
    expect(warm.get('drive')).toBeUndefined()
    expect(warm.get('other')).toBeDefined()
  })

  it('does not keep what was read before the grant changed', () => {
    const ticket = warm.ticket()
    warm.forget('grant')
    warm.keep(ticket, 'calendar', token())
    expect(warm.get('calendar')).toBeUndefined()
    const before = warm.ticket()
    warm.forgetAll()
    warm.keep(before, 'calendar', token())
    expect(warm.get('calendar')).toBeUndefined()
  })

  it('remembers a change of a grant over thousands of changes of others', () => {
    const ticket = warm.ticket()
    warm.forget('grant')
    for (let other = 0; other < 25_000; other++) warm.forget(`other-${other}`)
    warm.keep(ticket, 'calendar', token())
    expect(warm.get('calendar')).toBeUndefined()
  })

  it('serves nothing when nobody has looked at the truth for too long, and again once somebody has', () => {
    warm.keep(warm.ticket(), 'calendar', token())
    now += trustedForMs + 1
    expect(warm.get('calendar')).toBeUndefined()
    warm.confirm(now)
    expect(warm.get('calendar')).toBeDefined()
  })

  it('serves nothing before the first look', () => {
    const cold = createWarmTokens(() => now)
    cold.keep(cold.ticket(), 'calendar', token())
    expect(cold.get('calendar')).toBeUndefined()
  })

  it('keeps a bounded number of tokens, the newest', () => {
    for (let index = 0; index <= 20_000; index++) warm.keep(warm.ticket(), `c${index}`, token(`g${index}`))
    expect(warm.get('c0')).toBeUndefined()
    expect(warm.get('c20000')).toBeDefined()
  })
})
