import { createPostgresEventStore, type Database, migrate, openDatabase, sqlOf } from '@evergrant/event-store'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GrantFact, grantFactCatalogue, grantStreamOf, grantStreamType } from '../domain/grant-facts.ts'
import { migrations } from '../migrations/all.ts'
import { grantQueries } from './grant-state.ts'
import { grantsProjection } from './grants.ts'

const place = useDatabase({
  template: { name: 'token_service', migrate: (url) => migrate({ url, migrations }) },
})
const grantId = '0000000a-0000-5000-8000-000000000001'
const account = { id: 'sub', email: 'ann@example.com' }
const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 10, minute)).toISOString()
const failedAfter = (minute: number): GrantFact => ({
  type: 'RefreshFailed',
  data: {
    ...{ generation: 2, attemptId: 'b', failureClass: 'transient', nextAttemptAt: at(minute + 1) },
    ...{ failedAt: at(minute), evidence: { httpStatus: 503, error: null, errorSubtype: null } },
  },
})
const facts: Readonly<Record<'opened' | 'received' | 'started' | 'refreshed', GrantFact>> = {
  opened: {
    type: 'GrantOpened',
    data: { grantId, userId: 'ann', issuer: 'https://google', account, openedAt: at(0) },
  },
  received: {
    type: 'TokensReceived',
    data: {
      ...{ generation: 1, authorizationId: 'a', account, services: ['calendar'], access: 'read' },
      scopes: ['https://www.googleapis.com/auth/calendar.readonly'],
      ...{ expiresAt: at(60), refreshDueAt: at(50), refreshTokenGeneration: 1, receivedAt: at(1) },
    },
  },
  started: {
    type: 'RefreshStarted',
    data: {
      ...{ generation: 1, attempt: 1, attemptId: 'a', holder: { instanceId: 'i', bootId: 'j' } },
      ...{ cause: 'schedule', leaseUntil: at(52), startedAt: at(51) },
    },
  },
  refreshed: {
    type: 'GrantRefreshed',
    data: {
      ...{ generation: 2, attemptId: 'a', expiresAt: at(112), refreshDueAt: at(100) },
      scopes: ['https://www.googleapis.com/auth/calendar.readonly'],
      ...{ refreshTokenGeneration: 1, refreshedAt: at(52) },
    },
  },
}

describe('the rows of a grant', () => {
  let database: Database
  let now = at(0)
  let version = 0

  beforeAll(async () => {
    database = await openDatabase({ url: place.serviceUrl, applicationName: 'spec' })
  })
  afterAll(() => database.close())

  const happens = async (fact: GrantFact, minute: number) => {
    now = at(minute)
    const store = createPostgresEventStore({
      ...{ database, source: 'token-service', facts: grantFactCatalogue, projections: [grantsProjection] },
      clock: { now: () => new Date(now) },
    })
    await store.transaction((unit) =>
      unit.append({
        ...{ streamId: grantStreamOf(grantId), streamType: grantStreamType, facts: [fact] },
        expectedVersion: version === 0 ? 'no_stream' : version,
        metadata: { actor: { kind: 'schedule' }, correlationId: 'spec' },
      }),
    )
    version += 1
  }
  const written = async (table: string) =>
    (await sqlOf(database)<{ by: string }>(`select xmin::text as by from ${table}`))[0]?.by
  const status = async () => (await sqlOf(database)('select status, reason from connection_status'))[0]

  it('are left alone by facts that change nothing in them', async () => {
    await happens(facts.opened, 0)
    await happens(facts.received, 1)
    const [tokens, standing] = [await written('user_oauth_tokens'), await written('connection_status')]
    await happens(facts.started, 51)
    expect(await written('user_oauth_tokens')).toBe(tokens)
    await happens(facts.refreshed, 52)
    expect(await written('user_oauth_tokens')).not.toBe(tokens)
    expect(await written('connection_status')).toBe(standing)
  })

  it('say what time alone has made of a connection as soon as a fact passes', async () => {
    await happens(failedAfter(120), 120)
    expect(await status()).toEqual({ status: 'active', reason: 'google_unavailable' })
    await happens(failedAfter(120 + 25 * 60), 120 + 25 * 60)
    expect(await status()).toMatchObject({ status: 'unknown' })
  })

  it('are not read in peace while a column of the token table is gone: what comes next asks Google', async () => {
    const owner = await openDatabase({ url: place.url, applicationName: 'somebody' })
    await sqlOf(owner)('alter table user_oauth_tokens drop column scope').finally(() => owner.close())
    await expect(grantQueries(database).byId(grantId)).rejects.toMatchObject({ code: 'schema_drift' })
  })
})
