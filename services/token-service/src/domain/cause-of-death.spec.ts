import { describe, expect, it } from 'vitest'
import { causeOfDeath, endsRefreshToken } from './cause-of-death.ts'

const at = (days: number) => new Date(Date.UTC(2026, 0, 1) + days * 86_400_000).toISOString()
const since = at(0)

describe('why a refresh token died', () => {
  it('was testing mode when it worked until the seventh day and no longer', () => {
    expect(causeOfDeath({ since, lastUsedAt: at(6.97) }, at(7.01))).toBe('consent_expired_testing_mode')
    expect(causeOfDeath({ since, lastUsedAt: at(6.2) }, at(7.1))).toBe('consent_expired_testing_mode')
  })

  it('was not testing mode when it worked later, died earlier, or nobody looked around that day', () => {
    expect(causeOfDeath({ since, lastUsedAt: at(7.2) }, at(7.3))).toBe('revoked_at_google')
    expect(causeOfDeath({ since, lastUsedAt: at(3) }, at(3.1))).toBe('revoked_at_google')
    expect(causeOfDeath({ since, lastUsedAt: at(2) }, at(9))).toBe('revoked_at_google')
  })

  it('was lack of use after six months', () => {
    expect(causeOfDeath({ since, lastUsedAt: at(10) }, at(195))).toBe('refresh_token_unused')
    expect(causeOfDeath({ since, lastUsedAt: null }, at(183))).toBe('refresh_token_unused')
    expect(causeOfDeath({ since, lastUsedAt: null }, at(100))).toBe('revoked_at_google')
  })

  it('was the limit of a hundred only when the dates tell of nothing else', () => {
    const siblings = { older: 0, newer: 120 }
    expect(causeOfDeath({ since, lastUsedAt: at(3), siblings }, at(3.1))).toBe('refresh_token_limit')
    expect(causeOfDeath({ since, lastUsedAt: at(6.97), siblings }, at(7.01))).toBe(
      'consent_expired_testing_mode',
    )
    expect(causeOfDeath({ since, lastUsedAt: at(3), siblings: { older: 2, newer: 3 } }, at(3.1))).toBe(
      'revoked_at_google',
    )
    expect(endsRefreshToken('refresh_token_limit')).toBe(true)
  })

  it('counts from the consent that brought it, not from an older life', () => {
    expect(causeOfDeath({ since: at(100), lastUsedAt: at(50) }, at(101))).toBe('revoked_at_google')
  })

  it('tells dead refresh tokens from those that only wait for the user', () => {
    expect(endsRefreshToken('consent_expired_testing_mode')).toBe(true)
    expect(endsRefreshToken('session_control')).toBe(false)
    expect(endsRefreshToken(null)).toBe(false)
  })
})
