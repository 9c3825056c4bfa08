import {
  createPostgresEventStore,
  type Database,
  type EventStore,
  migrate,
  openDatabase,
  rebuildProjection,
  sqlOf,
} from '@evergrant/event-store'
import { systemClock } from '@evergrant/service-runtime'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { factCatalogue } from '../application/fact-catalogue.ts'
import { authorizationStream } from '../domain/authorization.ts'
import type { AuthorizationFact } from '../domain/authorization-facts.ts'
import { type KnownGrantFact, knownGrantStream } from '../domain/known-grant.ts'
import { migrations } from '../migrations/all.ts'
import { rebuildable } from '../rebuildable.ts'
import { AuthorizationDue, authorizationsDue } from './authorizations-due.ts'
import { KnownGrant, knownGrants } from './known-grants.ts'

const there = useDatabase({
  template: { name: 'oauth_service', migrate: (url) => migrate({ url, migrations }) },
})
const projections = [authorizationsDue, knownGrants]
let database: Database
let store: EventStore

const id = (last: number) => `01937e1c-6c55-7000-8000-00000000000${last}`
const requested = (authorizationId: string): AuthorizationFact => ({
  type: 'AuthorizationRequested',
  data: {
    authorizationId,
    userId: 'alice',
    services: ['calendar'],
    access: 'read',
    scopes: [],
    returnTo: null,
    loginHint: null,
    requestedAt: '2026-11-23T10:00:00.000Z',
    expiresAt: '2026-11-23T10:10:00.000Z',
  },
})
const bound: AuthorizationFact = {
  type: 'BrowserBound',
  data: { boundAt: '', expiresAt: '2026-11-23T10:12:00.000Z', consentForced: true },
}
const repeated: AuthorizationFact = {
  type: 'ConsentRepeated',
  data: {
    reason: 'refresh_token_missing',
    loginHint: null,
    repeatedAt: '',
    expiresAt: '2026-11-23T10:14:00.000Z',
  },
}
const expired: AuthorizationFact = { type: 'AuthorizationExpired', data: { expiredAt: '' } }
const received = (grantId: string): KnownGrantFact => ({
  type: 'RefreshTokenReceived',
  data: {
    grantId,
    userId: 'alice',
    email: 'a@example.com',
    scopes: ['x'],
    receivedAt: '2026-11-23T10:00:00.000Z',
  },
})
const seen = (grantId: string): KnownGrantFact => ({
  type: 'GrantSeen',
  data: { grantId, userId: 'alice', email: 'a@example.com', seenAt: '2026-11-23T10:00:00.000Z' },
})
const lost: KnownGrantFact = { type: 'RefreshTokenLost', data: { reason: 'gone', lostAt: '' } }

beforeAll(async () => {
  const entities = [AuthorizationDue, KnownGrant]
  database = await openDatabase({ url: there.serviceUrl, entities, applicationName: 'test' })
  const source = 'oauth-service'
  store = createPostgresEventStore({
    database,
    source,
    facts: factCatalogue,
    projections,
    clock: systemClock,
  })
  const append = (streamId: string, streamType: string, ...facts: (AuthorizationFact | KnownGrantFact)[]) =>
    store.transaction((unit) =>
      unit.append({
        streamId,
        streamType,
        expectedVersion: 'no_stream',
        facts,
        metadata: { actor: { kind: 'schedule' }, correlationId: 'test' },
      }),
    )
  await append(authorizationStream(id(1)), 'authorization', requested(id(1)), bound, repeated)
  await append(authorizationStream(id(2)), 'authorization', requested(id(2)), expired)
  await append(authorizationStream(id(3)), 'authorization', requested(id(3)))
  await append(knownGrantStream(id(4)), 'known-grant', received(id(4)), lost)
  await append(knownGrantStream(id(6)), 'known-grant', seen(id(6)))
  await append(knownGrantStream(id(5)), 'known-grant', received(id(5)), lost, received(id(5)))
})
afterAll(() => database.close())

const rowsOf = (table: string) => sqlOf(database)(`select * from ${table} order by 1`)

const rebuildAll = async () => {
  let wrong = 0
  for (const projection of rebuildable)
    wrong += (await rebuildProjection({ store, database, projection })).wrong
  return wrong
}

describe('a projection that is rebuilt from facts', () => {
  it.each([
    [
      'authorization_due',
      'due_at = now()',
      [{ authorization_id: id(1), due_at: expect.stringContaining('10:14:00') }, { authorization_id: id(3) }],
    ],
    [
      'known_grant',
      "email = 'mallory@example.com'",
      [
        { refresh_token_live: false },
        { refresh_token_live: true, scopes: ['x'] },
        { refresh_token_live: false, scopes: [], received_at: null },
      ],
    ],
  ])('has the same rows as before: %s', async (table, damage, rows) => {
    const before = await rowsOf(table)
    expect(before).toMatchObject(rows)
    expect(await rebuildAll()).toBe(0)
    await sqlOf(database)(`update ${table} set ${damage}`)
    await sqlOf(database)(`delete from ${table} where ctid = (select min(ctid) from ${table})`)
    expect(await rebuildAll()).toBe(before.length)
    expect(await rowsOf(table)).toEqual(before)
  })
})
