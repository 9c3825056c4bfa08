import { migrate } from '@evergrant/event-store'
import { loadManifest } from '@evergrant/schema-verification'
import { useDatabase } from '@evergrant/stack/testing'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrations } from '../../services/token-service/src/migrations/all.ts'
import { sessionOn, verifyAfter } from './drifted.ts'

const database = useDatabase({
  template: { name: 'token_service', migrate: (url) => migrate({ url, migrations }) },
})
const manifest = loadManifest(
  new URL('../../services/token-service/schema.manifest.json', import.meta.url),
  'token-service',
)
let session: Client

beforeAll(async () => {
  session = await sessionOn(database.url)
})
afterAll(() => session.end())

const off = 'unavailable'
const after = (harm: string) => verifyAfter(session, manifest, harm)
const spoiled = (states: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(states).filter(([, state]) => state !== 'ok'))

describe("the token service's own schema", () => {
  it.each(['evergrant_test_service', 'postgres'])('is what its manifest says, seen by %s', async (role) => {
    const report = await verifyAfter(session, manifest, 'select 1', role)
    expect(report).toMatchObject({ status: 'verified', findings: [], unverifiable: null })
    expect(report.databaseHash).toBe(report.manifestHash)
  })

  it('names the column of the outage, what it takes away, and what stays', async () => {
    const report = await after('alter table user_oauth_tokens drop column scope')
    expect(report.findings).toEqual([
      {
        path: 'user_oauth_tokens.scope',
        kind: 'column_missing',
        class: 'breaking_read',
        expected: 'text',
        actual: null,
        explanation: expect.stringContaining('does not exist'),
        remedy: 'alter table user_oauth_tokens add column scope text',
        additive: true,
        capabilities: ['token.connect', 'token.disconnect', 'token.read', 'token.refresh'],
      },
    ])
    expect(spoiled(report.capabilities)).toEqual({
      'token.connect': off,
      'token.disconnect': off,
      'token.read': off,
      'token.refresh': off,
    })
    expect(report.databaseHash).not.toBe(report.manifestHash)
  })

  it('lets a read of connections live when only the vault is gone', async () => {
    const report = await after('alter table vault_secret rename to vault_secret_old')
    expect(report.capabilities).toMatchObject({ 'connections.read': 'ok', 'token.read': off })
  })

  it('lets tokens be vended while nobody can write down who did', async () => {
    const report = await after('revoke insert on token_vend from evergrant_service')
    expect(spoiled(report.capabilities)).toEqual({ 'token.record': off })
  })

  it('sees a function of the event store that does something else', async () => {
    const report = await after(
      `create or replace function es.begin_append() returns void language plpgsql volatile as 'begin end'`,
    )
    expect(report.findings).toMatchObject([{ path: 'es.begin_append()', class: 'silent' }])
    expect(report.capabilities).toMatchObject({ 'token.refresh': 'degraded', 'token.read': 'ok' })
  })

  it('takes a newer release that only adds for what it is', async () => {
    const report = await after(
      `insert into mikro_orm_migrations (name) values ('0099-colour');
       alter table user_oauth_tokens add column colour text`,
    )
    expect(report).toMatchObject({ status: 'verified', findings: [], aheadBy: ['0099-colour'] })
  })

  it('says of a newer release that takes away what it takes', async () => {
    const report = await after(
      `insert into mikro_orm_migrations (name) values ('0099-contract-scope');
       alter table user_oauth_tokens drop column scope`,
    )
    expect(report.findings.map(({ kind }) => kind)).toEqual(['column_missing', 'database_ahead'])
  })

  it('says which of its migrations were not applied yet', async () => {
    const report = await after(
      `delete from mikro_orm_migrations where name = '0004-vend-log'; drop table token_vend, connection_use`,
    )
    expect(report.findings).toContainEqual(
      expect.objectContaining({ path: 'migration 0004-vend-log', kind: 'migration_pending' }),
    )
  })
})
