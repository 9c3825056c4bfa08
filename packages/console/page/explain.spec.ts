import { describe, expect, it } from 'vitest'
import type { Calendar, Connection, GoogleHealth, Listed, Problem } from './api-shapes.ts'
import { explain } from './explain.js'
import { connectionClauses, syncClauses } from './words.js'

const now = new Date('2026-11-29T12:00:00Z')
const connectionId = '0b8f3c56-53d2-5f0e-8a65-3f6f9f1c2a01'

const connection = (own: Partial<Connection> = {}): Connection => ({
  id: connectionId,
  grantId: '5f0c8a86-6b9f-5a53-9d2e-2f6b7c1d0e01',
  service: 'calendar',
  account: { id: '1', email: 'alice@example.com' },
  status: 'active',
  reason: null,
  action: null,
  scopes: ['https://www.googleapis.com/auth/calendar.readonly'],
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
const calendar = (status: Calendar['sync']['status'] = 'fresh', reason: string | null = null): Calendar => ({
  id: 'c1',
  connectionId,
  summary: 'Team',
  primary: true,
  sync: { status, lastSyncedAt: '2026-11-29T11:55:00.000Z', reason },
})
const google = (status: GoogleHealth['status'] = 'ok', reason: string | null = null): GoogleHealth => ({
  service: 'calendar',
  status,
  reason,
  since: null,
  tokenQuerySuccess: null,
  refreshSuccess: null,
})
const reconnect = {
  kind: 'reconnect',
  description: 'Connect again.',
  url: 'http://x/console?connect=calendar',
}
const listed = <Item>(...body: Item[]): Listed<Item> => ({ ok: true, body })
const refused = (code: string): { ok: false; problem: Problem } => ({
  ok: false,
  problem: { title: 'No', status: 503, detail: 'It is away.', code },
})
const why = (
  connections: Listed<Connection>,
  calendars: Listed<Calendar> = listed(calendar()),
  health: Listed<GoogleHealth> = listed(google()),
) => explain({ connections, calendars, health }, now)

describe('why did my calendar stop', () => {
  it('did not: says so, and how old the oldest copy is', () => {
    expect(why(listed(connection()))).toEqual({
      tone: 'good',
      reason: null,
      sentence: 'It did not stop: your calendar is up to date.',
      next: 'The last sync was 5 minutes ago.',
      remedy: null,
    })
  })

  it('nothing is connected: offers to connect', () => {
    const answer = why(listed(), listed())
    expect(answer.sentence).toBe('No calendar is connected yet.')
    expect(answer.remedy).toEqual({ kind: 'connect', service: 'calendar', connection: null })
  })

  it.each(Object.entries(connectionClauses))(
    'needs a new consent because of %s: says why and leads there',
    (reason, clause) => {
      const ended = connection({ status: 'needs_reauthorization', reason, action: reconnect })
      const answer = why(listed(ended), listed(calendar('paused', reason)))
      expect(answer.sentence).toBe(`Your calendar (alice@example.com) stopped because ${clause}.`)
      expect(answer).toMatchObject({ tone: 'broken', remedy: { kind: 'connect', connection: ended } })
      expect(answer.next).not.toBe('')
    },
  )

  it('was disconnected: says by whom, unless another calendar is still connected', () => {
    const ended = connection({ status: 'disconnected', reason: 'revoked_by_user', action: reconnect })
    expect(why(listed(ended)).sentence).toContain('stopped because you disconnected it')
    expect(why(listed(ended, connection())).tone).toBe('good')
  })

  it('lacks a permission: names it in plain words', () => {
    const missingScopes = ['https://www.googleapis.com/auth/calendar.readonly']
    const lacking = connection({ status: 'missing_scopes', reason: 'scopes_not_granted', missingScopes })
    const answer = why(listed(lacking), listed(calendar('paused', 'missing_scopes')))
    expect(answer.sentence).toContain('stopped because the permission to see your calendars was not ticked')
    expect(answer.remedy).toMatchObject({ kind: 'connect' })
  })

  it('lacks only the permission to write: does not call it stopped', () => {
    const missingScopes = ['https://www.googleapis.com/auth/calendar']
    const lacking = connection({ status: 'missing_scopes', reason: 'scopes_not_granted', missingScopes })
    expect(why(listed(lacking)).sentence).toContain('is read but cannot be changed')
  })

  it('will stop soon: says it before it happens', () => {
    const ending = connection({ reason: 'refresh_token_missing', action: reconnect })
    expect(why(listed(ending))).toMatchObject({
      tone: 'broken',
      sentence: expect.stringContaining('will stop soon'),
    })
  })

  it.each(Object.entries(syncClauses))('a copy fails because of %s: says why', (reason, clause) => {
    const answer = why(listed(connection()), listed(calendar('failed', reason)))
    if (reason !== 'schema_drift') expect(answer.sentence).toContain(`because ${clause}.`)
    expect(answer.tone).not.toBe('good')
  })

  it('a copy is paused although its connection works again: asks nobody to connect', () => {
    const answer = why(listed(connection()), listed(calendar('paused', 'revoked_at_google')))
    expect(answer).toMatchObject({ tone: 'waiting', remedy: null })
  })

  it('the first sync is on its way: says that the page follows', () => {
    expect(why(listed(connection()), listed()).sentence).toContain('first sync')
  })

  it('Google is in trouble: tells it from trouble of the account', () => {
    const down = listed(google('unavailable', 'google_unavailable'))
    const answer = why(listed(connection()), listed(calendar('stale', 'overdue')), down)
    expect(answer.sentence).toBe('Your calendar is held up for everybody, because Google does not answer.')
    expect(answer.next).toContain('you do not have to do anything')
  })

  it('a copy that says why itself is not explained by trouble of others', () => {
    const some = listed(google('degraded', 'google_unavailable'))
    const answer = why(listed(connection()), listed(calendar('failed', 'api_disabled')), some)
    expect(answer.sentence).toContain('switched off')
  })

  it.each([
    ['the connections are refused', refused('schema_drift'), listed(calendar()), listed(google())],
    [
      'a connection says it',
      listed(connection({ reason: 'schema_drift' })),
      listed(calendar()),
      listed(google()),
    ],
    ['the calendars are refused', listed(connection()), refused('schema_drift'), listed(google())],
    [
      'Google health says it',
      listed(connection()),
      listed(calendar()),
      listed(google('unavailable', 'schema_drift')),
    ],
  ])('our schema drifted (%s): the user has nothing to do', (_how, connections, calendars, health) => {
    expect(why(connections, calendars, health)).toMatchObject({
      tone: 'waiting',
      sentence: expect.stringContaining('our own database'),
      next: expect.stringContaining('do not have to do anything'),
      remedy: null,
    })
  })

  it('claims nothing while a service is away', () => {
    expect(why(refused('service_unavailable'))).toMatchObject({ tone: 'unknown', next: 'It is away.' })
    expect(why(listed(connection()), refused('service_unavailable')).tone).toBe('unknown')
    expect(why(listed(connection()), listed(calendar()), refused('service_unavailable')).tone).toBe('good')
  })

  it('keeps trouble of Drive and Gmail out of the answer about calendars', () => {
    const gmail = connection({
      service: 'gmail',
      status: 'needs_reauthorization',
      reason: 'revoked_at_google',
    })
    expect(why(listed(connection(), gmail)).tone).toBe('good')
  })
})
