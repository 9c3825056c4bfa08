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
import { type GrantFact, grantFactCatalogue, grantStreamOf, grantStreamType } from '../domain/grant-facts.ts'
import { migrations } from '../migrations/all.ts'
import { rebuildable } from '../rebuildable.ts'
import { grantsProjection } from './grants.ts'

const there = useDatabase({
  template: { name: 'token_service', migrate: (url) => migrate({ url, migrations }) },
})
const tables = [
  'grant_state',
  'user_oauth_tokens',
  'connection_status',
  'grant_schedule',
  'grant_trouble',
  'issued_refresh_token',
]
let database: Database
let store: EventStore

const grantId = (last: number) => `0000000a-0000-5000-8000-00000000000${last}`
const account = (last: number) => ({ id: `sub-${last}`, email: `${last}@example.com` })
const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 10, minute)).toISOString()

const opened = (last: number): GrantFact => ({
  type: 'GrantOpened',
  data: {
    grantId: grantId(last),
    userId: `user-${last}`,
    issuer: 'https://accounts.google.com',
    account: account(last),
    openedAt: at(0),
  },
})
const received = (last: number, more: Partial<DataOf<'TokensReceived'>> = {}): GrantFact => ({
  type: 'TokensReceived',
  data: {
    generation: 1,
    authorizationId: `authorization-${last}`,
    account: account(last),
    services: ['calendar', 'drive'],
    access: 'read',
    scopes: ['calendar.readonly', 'drive.metadata.readonly'],
    expiresAt: at(60),
    refreshDueAt: at(50),
    refreshTokenGeneration: 1,
    receivedAt: at(1),
    ...more,
  },
})
const started: GrantFact = {
  type: 'RefreshStarted',
  data: {
    generation: 1,
    attempt: 1,
    attemptId: 'attempt',
    holder: { instanceId: 'one', bootId: 'one' },
    cause: 'schedule',
    leaseUntil: at(52),
    startedAt: at(51),
  },
}
const refreshed = (scopes: readonly string[]): GrantFact => ({
  type: 'GrantRefreshed',
  data: {
    generation: 2,
    attemptId: 'attempt',
    scopes,
    expiresAt: at(112),
    refreshDueAt: at(100),
    refreshTokenGeneration: 1,
    refreshedAt: at(52),
  },
})
const ended: GrantFact = {
  type: 'ReauthorizationRequired',
  data: { generation: 1, reason: 'revoked_at_google', requiredAt: at(53) },
}
const disconnected: GrantFact = {
  type: 'ConnectionDisconnected',
  data: { service: 'drive', reason: 'revoked_by_user', disconnectedAt: at(54) },
}
const revoked: GrantFact = {
  type: 'GrantRevoked',
  data: { generation: 1, by: 'user', reason: 'revoked_by_user', revokedAt: at(55) },
}
const unknown = { scopes: [], scopesUnknown: true }
const again = received(6, { generation: 2, refreshTokenGeneration: 2, receivedAt: at(56) })

const histories: readonly (readonly GrantFact[])[] = [
  [opened(1), received(1)],
  [opened(2), received(2), started, refreshed(['calendar.readonly'])],
  [opened(3), received(3), started, ended],
  [opened(4), received(4), disconnected, revoked],
  [opened(5), received(5, unknown)],
  [opened(6), received(6), ended, again],
  [opened(7), received(7), started],
]

beforeAll(async () => {
  database = await openDatabase({
    url: there.serviceUrl,
    applicationName: 'test',
  })
  store = createPostgresEventStore({
    database,
    source: 'token-service',
    facts: grantFactCatalogue,
    projections: [grantsProjection],
    clock: systemClock,
  })
  for (const [n, facts] of histories.entries())
    for (const [version, fact] of facts.entries()) await append(n + 1, version, fact)
})
afterAll(() => database.close())

async function append(last: number, version: number, fact: GrantFact): Promise<void> {
  await store.transaction((unit) =>
    unit.append({
      streamId: grantStreamOf(grantId(last)),
      streamType: grantStreamType,
      expectedVersion: version === 0 ? 'no_stream' : version,
      facts: [fact],
      metadata: { actor: { kind: 'schedule' }, correlationId: 'test' },
    }),
  )
}
async function rows(): Promise<Record<string, unknown[]>> {
  const read: Record<string, unknown[]> = {}
  for (const table of tables) read[table] = await sqlOf(database)(`select * from ${table} order by 1, 2`)
  return read
}
const rebuilt = async () => {
  for (const projection of rebuildable) await rebuildProjection({ store, database, projection })
}
const scopes = () =>
  sqlOf(database)<{ user_id: string; scope: string | null }>(
    'select distinct user_id, scope from user_oauth_tokens order by 1',
  )

describe('scopes whose column was lost', () => {
  it('are again what was granted, and nothing that no fact says', async () => {
    const before = await rows()
    const admin = await openDatabase({ url: there.url, applicationName: 'somebody' })
    try {
      await sqlOf(admin)('alter table user_oauth_tokens drop column scope')
      await sqlOf(admin)('alter table user_oauth_tokens add column scope text')
    } finally {
      await admin.close()
    }
    expect(new Set((await scopes()).map(({ scope }) => scope))).toEqual(new Set([null]))
    await rebuilt()
    expect(await rows()).toEqual(before)
    expect(await scopes()).toContainEqual({ user_id: 'user-2', scope: 'calendar.readonly' })
    expect(await scopes()).toContainEqual({ user_id: 'user-5', scope: null })
  })

  it('that nobody knew are learned as soon as Google says them', async () => {
    await append(5, 2, started)
    await append(5, 3, refreshed(['calendar.readonly']))
    expect(await scopes()).toContainEqual({ user_id: 'user-5', scope: 'calendar.readonly' })
  })
})

type DataOf<Type extends GrantFact['type']> = Extract<GrantFact, { type: Type }>['data']
