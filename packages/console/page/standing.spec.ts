import { describe, expect, it } from 'vitest'
import type { Connection, CopySync, SystemHealth } from './api-shapes.ts'
import { connectionStanding } from './connection-standing.js'
import { copyStanding } from './copy-standing.js'
import { relianceOn } from './system-health.js'
import { troubleIn } from './trouble-history.js'
import { withheld } from './withheld.js'
import { connectionClauses, syncClauses } from './words.js'

const connection = (own: Partial<Connection> = {}): Connection => ({
  id: 'c1',
  grantId: 'g1',
  service: 'calendar',
  account: { id: '1', email: 'alice@example.com' },
  status: 'active',
  reason: null,
  action: null,
  scopes: [],
  missingScopes: [],
  access: 'read',
  expiresAt: '2026-11-29T13:00:00.000Z',
  lastRefreshedAt: null,
  lastUsedAt: null,
  connectedAt: '2026-11-29T10:00:00.000Z',
  capabilities: { 'token.read': 'ok', 'token.refresh': 'ok' },
  generation: 1,
  ...own,
})
const noCapability = { 'token.read': 'unavailable', 'token.refresh': 'unavailable' } as const
const unknown = { trouble: null, health: null }
const since = '2026-11-29T12:00:00.000Z'

type Replica = SystemHealth['services'][number]['replicas'][number]
const line = (name: string, status: 'ok' | 'degraded' | 'unavailable', reason?: string) => ({
  name,
  status,
  since,
  ...(reason === undefined ? {} : { reason }),
})
const replica = (...capabilities: Replica['capabilities'][number][]): Replica => ({
  status: 'ready',
  capabilities,
})
const system = (name: string, ...replicas: Replica[]): SystemHealth => ({ services: [{ name, replicas }] })
const gone: Replica = { status: 'unreachable', capabilities: [] }

describe('the five answers about a connection', () => {
  it('are none while nothing is the matter', () => {
    expect(connectionStanding(connection(), unknown)).toBeNull()
  })
  it.each(Object.keys(connectionClauses))('are all there when it ended because of %s', (reason) => {
    const ended = connection({ status: 'needs_reauthorization', reason, capabilities: noCapability })
    const standing = connectionStanding(ended, { trouble: { since, nextAttemptAt: null }, health: null })
    for (const row of ['matter', 'works', 'todo', 'itself'] as const) expect(standing?.[row]).toMatch(/\w/)
    expect(standing?.since).toBe(since)
  })
  it('tell until when a token works that Google does not renew, and when Google is asked again', () => {
    const troubled = connection({ capabilities: { 'token.read': 'ok', 'token.refresh': 'degraded' } })
    const trouble = { since, nextAttemptAt: '2026-11-29T12:05:00.000Z' }
    expect(connectionStanding(troubled, { trouble, health: null })).toMatchObject({
      since,
      worksUntil: '2026-11-29T13:00:00.000Z',
      next: '2026-11-29T12:05:00.000Z',
    })
  })
  it('promise nothing of what has ended', () => {
    const ended = connection({ reason: 'google_unavailable', capabilities: noCapability })
    expect(connectionStanding(ended, unknown)).not.toHaveProperty('worksUntil')
  })
  it('say since when our database is not right as the capability says it', () => {
    const drifted = connection({
      reason: 'schema_drift',
      capabilities: { 'token.read': 'ok', 'token.refresh': 'unavailable' },
    })
    const health = system('token-service', replica(line('token.refresh', 'unavailable', 'schema_drift')))
    expect(connectionStanding(drifted, { trouble: null, health })?.since).toBe(since)
  })
})

describe('the five answers about a copy', () => {
  const sync = (status: CopySync['status'], reason: string | null, more = {}) => ({
    status,
    reason,
    lastSyncedAt: since,
    ...more,
  })
  const about = { service: 'calendar', connection: connection(), health: null } as const

  it.each(Object.keys({ ...connectionClauses, ...syncClauses }))(
    'are all there when it fails because of %s',
    (reason) => {
      const standing = copyStanding(sync('failed', reason), about)
      for (const row of ['matter', 'works', 'todo', 'itself'] as const) expect(standing?.[row]).toMatch(/\w/)
    },
  )
  it('are none for what is fresh, and for a sync that was due', () => {
    expect(copyStanding(sync('fresh', null), about)).toBeNull()
    expect(copyStanding(sync('syncing', null), about)).toBeNull()
  })
  it('claim no copy before the first sync ended, and tell how far it is', () => {
    const first = sync('syncing', null, { lastSyncedAt: null, progress: { parts: 1, synced: 0, entries: 1 } })
    const standing = copyStanding(first, about)
    expect(standing?.matter).toBe('The first sync is running. So far: 1 entry; 0 of 1 part complete.')
    expect(standing?.works).toContain('there is no copy')
  })
  it('name the breaker before the failure that opened it, and a paused connection before both', () => {
    const health = system(
      'calendar-service',
      replica(line('calendar.sync', 'degraded', 'google_unavailable')),
    )
    expect(copyStanding(sync('failed', 'google_unavailable'), { ...about, health })?.matter).toContain(
      'asks it nothing',
    )
    expect(
      copyStanding(sync('paused', 'revoked_at_google'), { ...about, connection: undefined, health })?.matter,
    ).toContain('paused')
  })
})

describe('since when', () => {
  const fact = (type: string, at: string, detail = {}) => ({
    at,
    type,
    by: { kind: 'google' } as const,
    summary: '',
    detail,
  })
  it('is the first failure after it last worked, and the next try is the newest failure’s', () => {
    const history = [
      fact('RefreshFailed', '3', { nextAttemptAt: '9' }),
      fact('RefreshStarted', '2'),
      fact('RefreshFailed', '1', { nextAttemptAt: '2' }),
      fact('GrantRefreshed', '0'),
      fact('RefreshFailed', '-1'),
    ]
    expect(troubleIn(connection({ reason: 'google_unavailable' }), history)).toEqual({
      since: '1',
      nextAttemptAt: '9',
    })
  })
  it('is when its end was found, for what ended', () => {
    const history = [
      fact('RefreshStarted', '3'),
      fact('ReauthorizationRequired', '2'),
      fact('RefreshFailed', '1'),
    ]
    expect(troubleIn(connection({ status: 'needs_reauthorization', reason: 'x' }), history).since).toBe('2')
  })
})

describe('what a deed needs', () => {
  const drift = line('token.connect', 'unavailable', 'schema_drift')
  it('is the worst of all replicas, for nobody knows which of them answers', () => {
    const health = system('token-service', replica(line('token.connect', 'ok')), gone, replica(drift))
    expect(relianceOn(health, 'token-service', 'token.connect').state).toBe('unavailable')
    expect(withheld('connect', health)).toContain('our own database')
    expect(withheld('refresh', health)).toBeNull()
  })
  it('is not there when no replica answers', () => {
    expect(withheld('sync', system('calendar-service', gone, gone))).toContain('does not answer')
  })
  it('is Google, for a consent and a renewal, and not for a sync, which waits', () => {
    const away = (service: string, name: string, reason: string) =>
      system(service, replica(line(name, 'degraded', reason)))
    expect(withheld('connect', away('oauth-service', 'connect', 'google_unavailable'))).toContain(
      'Google does not answer',
    )
    expect(withheld('refresh', away('token-service', 'token.refresh', 'google_unreachable'))).toContain(
      'Google does not answer',
    )
    expect(withheld('sync', away('calendar-service', 'calendar.sync', 'google_unavailable'))).toBeNull()
  })
  it('is offered when nobody could find out: the answer will tell', () => {
    for (const deed of ['connect', 'refresh', 'disconnect', 'sync'] as const)
      expect(withheld(deed, null)).toBeNull()
  })
})
