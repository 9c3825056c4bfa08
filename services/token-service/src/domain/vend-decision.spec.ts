import { requiredScopes } from '@evergrant/event-contracts'
import { describe, expect, it } from 'vitest'
import type { Grant } from './grant-state.ts'
import { decideVend } from './vend-decision.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 10, minute))

const grant: Grant = {
  status: 'live',
  reason: null,
  grantId: '5f0c8a86-6b9f-5a53-9d2e-2f6b7c1d0e01',
  userId: 'alice',
  issuer: 'https://accounts.google.com',
  account: { id: '1', email: 'alice@example.com' },
  generation: 1,
  scopes: ['openid', ...requiredScopes('calendar', 'read')],
  expiresAt: at(60).toISOString(),
  refreshDueAt: at(50).toISOString(),
  refreshTokenGeneration: 1,
  lastRefreshedAt: null,
  authorizationIds: [],
  connections: {
    calendar: { service: 'calendar', access: 'read', connectedAt: at(0).toISOString(), disconnected: null },
    gmail: { service: 'gmail', access: 'read', connectedAt: at(0).toISOString(), disconnected: null },
  },
  refresh: { status: 'idle' },
  refreshTokenSince: '2026-11-23T09:00:00.000Z',
  doubt: null,
  revocation: { status: 'none' },
}

function vend(
  change: Partial<Grant> = {},
  {
    minute = 10,
    minValiditySeconds = 0,
    rejectedGeneration = null as number | null,
    scopes = [] as readonly string[],
    service = 'calendar' as 'calendar' | 'gmail',
  } = {},
) {
  return decideVend(
    { ...grant, ...change },
    service,
    { minValiditySeconds, requiredScopes: scopes, rejectedGeneration },
    { googleNow: at(minute), publicUrl: 'https://app.example.com' },
  )
}

const failed = {
  status: 'failed',
  attempt: 4,
  failures: 4,
  failureClass: 'transient',
  failedAt: at(55).toISOString(),
  nextAttemptAt: at(57).toISOString(),
} as const

describe('whether a caller gets the token that is there', () => {
  it('serves a fresh one and refreshes nothing', () => {
    expect(vend()).toEqual({ kind: 'serve', refreshDue: false })
  })

  it('serves a usable one at once although a refresh is due, running or failing', () => {
    expect(vend({}, { minute: 55 })).toEqual({ kind: 'serve', refreshDue: true })
    expect(vend({ refresh: failed }, { minute: 56 })).toEqual({ kind: 'serve', refreshDue: true })
  })

  it('refreshes first when it has ended, or ends before the caller is done', () => {
    expect(vend({}, { minute: 60 })).toEqual({ kind: 'refresh_first' })
    expect(vend({}, { minute: 50, minValiditySeconds: 601 })).toEqual({ kind: 'refresh_first' })
    expect(vend({}, { minute: 50, minValiditySeconds: 600 })).toEqual({ kind: 'serve', refreshDue: true })
  })

  it('refreshes first when Google has refused the very token, unless it was born just now', () => {
    const born = { generation: 4, lastRefreshedAt: at(0).toISOString() }
    expect(vend(born, { rejectedGeneration: 4 })).toEqual({ kind: 'refresh_first' })
    expect(vend(born, { rejectedGeneration: 3 })).toMatchObject({ kind: 'serve' })
    const young = { ...born, lastRefreshedAt: at(10).toISOString() }
    expect(vend(young, { rejectedGeneration: 4 })).toMatchObject({ kind: 'serve' })
  })

  it('refuses what the user has not granted, with the way to grant it', () => {
    const gmail = requiredScopes('gmail', 'read')
    for (const refusal of [() => vend({}, { scopes: gmail }), () => vend({}, { service: 'gmail' })]) {
      expect(refusal).toThrow(
        expect.objectContaining({
          code: 'missing_scopes',
          context: expect.objectContaining({ action: expect.objectContaining({ url: expect.any(String) }) }),
        }),
      )
    }
  })

  it('takes a broader scope for a narrower one', () => {
    const scopes = ['https://www.googleapis.com/auth/calendar']
    expect(vend({ scopes }, { scopes: requiredScopes('calendar', 'read') }).kind).toBe('serve')
  })

  it('knows the short and the long name of a scope for the same', () => {
    const scopes = [...grant.scopes, 'https://www.googleapis.com/auth/userinfo.email']
    expect(vend({ scopes }, { scopes: ['email'] }).kind).toBe('serve')
    expect(() => vend({}, { scopes: ['email'] })).toThrow(expect.objectContaining({ code: 'missing_scopes' }))
  })

  it('refuses at once after the user or Google ended it, whatever the token could still do', () => {
    for (const change of [
      { status: 'needs_reauthorization', reason: 'revoked_at_google' },
      { status: 'revoked', reason: 'revoked_by_user' },
    ] as const) {
      expect(() => vend(change)).toThrow(
        expect.objectContaining({
          code: 'needs_reauthorization',
          context: expect.objectContaining({
            extensions: { reason: change.reason },
            action: expect.objectContaining({ url: expect.any(String) }),
          }),
        }),
      )
    }
  })
})
