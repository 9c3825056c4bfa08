import { migrate } from '@evergrant/event-store'
import { loadManifest, type Sql, verifySchema } from '@evergrant/schema-verification'
import { useDatabase } from '@evergrant/stack/testing'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrations } from '../../services/token-service/src/migrations/all.ts'
import { sessionOn, sqlOver, verifyAfter } from './drifted.ts'

const database = useDatabase({
  template: { name: 'token_service', migrate: (url) => migrate({ url, migrations }) },
})
const manifestOf = (service: string) =>
  loadManifest(new URL(`../../services/${service}/schema.manifest.json`, import.meta.url), service)
const manifest = manifestOf('token-service')
const clock = { now: () => new Date() }
let session: Client

beforeAll(async () => {
  session = await sessionOn(database.url)
})
afterAll(() => session.end())

/** The session's answers, with another server behind them. */
function pretending(server: object): Sql {
  return async <Row>(text: string, params?: readonly unknown[]) => {
    const rows = await sqlOver(session)<{ catalog?: string }>(text, params)
    return rows.map((row) => {
      if (row.catalog === undefined) return row
      const catalog = JSON.parse(row.catalog) as { server: object }
      Object.assign(catalog.server, server)
      return { ...row, catalog: JSON.stringify(catalog) }
    }) as Row[]
  }
}

describe('what keeps a verification from a verdict', () => {
  it.each([
    ['a PostgreSQL nobody checked against', { version: 190_001 }, 'postgres_version_unknown'],
    ['a PostgreSQL that is too old', { version: 140_012 }, 'postgres_version_unknown'],
    ['a standby', { standby: true }, 'read_only_replica'],
  ])('is named: %s', async (_, server, code) => {
    const report = await verifySchema({ sql: pretending(server), manifest, clock })
    expect(report).toMatchObject({
      status: 'unverifiable',
      unverifiable: { code },
      findings: [],
      capabilities: {},
    })
  })

  it('is named: the database of another service', async () => {
    const report = await verifySchema({ sql: sqlOver(session), manifest: manifestOf('oauth-service'), clock })
    expect(report.unverifiable?.code).toBe('database_of_other_service')
  })

  it('is named: a migration that is applied in part', async () => {
    const report = await verifyAfter(
      session,
      manifest,
      `delete from mikro_orm_migrations where name = '0004-vend-log'; drop table connection_use`,
    )
    expect(report.unverifiable).toMatchObject({
      code: 'migration_half_applied',
      message: expect.stringContaining('0004-vend-log'),
    })
  })

  it('is named: a migration that runs', async () => {
    const migrator = await sessionOn(database.url)
    try {
      await migrator.query('select pg_advisory_lock(1163282259)')
      const report = await verifySchema({ sql: sqlOver(session), manifest, clock })
      expect(report.unverifiable?.code).toBe('migration_in_flight')
    } finally {
      await migrator.end()
    }
  })

  it('is named: a database that does not answer', async () => {
    const sql: Sql = () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
    expect((await verifySchema({ sql, manifest, clock })).unverifiable?.code).toBe('database_unreachable')
  })

  it('is named: a login that is refused', async () => {
    const sql: Sql = () => Promise.reject(Object.assign(new Error('no'), { code: '28P01' }))
    expect((await verifySchema({ sql, manifest, clock })).unverifiable?.code).toBe('rights_missing')
  })

  it('is named: the manifest of another service', () => {
    const file = new URL('../../services/token-service/schema.manifest.json', import.meta.url)
    expect(() => loadManifest(file, 'oauth-service')).toThrow(
      expect.objectContaining({ code: 'manifest_of_other_service' }),
    )
  })
})
