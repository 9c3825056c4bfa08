import { migrate } from '@evergrant/event-store'
import { loadManifest, type Manifest, probeSchema, type Sql } from '@evergrant/schema-verification'
import { useDatabase } from '@evergrant/stack/testing'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serviceSchemas } from '../../docs/generate/schema-manifests.ts'
import { sessionOn, sqlOver } from './drifted.ts'
import { labManifest } from './lab-schema.ts'

const database = useDatabase()
let manifest: Manifest
let session: Client

beforeAll(async () => {
  manifest = await labManifest(database.url)
  session = await sessionOn(database.url)
})
afterAll(() => session.end())

/** Probes inside the transaction that did the harm: its own begin and rollback become a savepoint. */
async function probeAfter(harm: string) {
  await session.query('begin')
  try {
    await session.query(harm)
    await session.query('set local role evergrant_test_service')
    const inside: Sql = (text, params) => {
      if (text === 'begin') return sqlOver(session)('savepoint outer_probe')
      if (text === 'rollback') return sqlOver(session)('rollback to savepoint outer_probe')
      return sqlOver(session)(text, params)
    }
    return await probeSchema(inside, manifest)
  } finally {
    await session.query('rollback')
  }
}

const t = 'user_oauth_tokens'

describe('probes', () => {
  it('find nothing wrong with a healthy schema, and leave nothing behind', async () => {
    expect(await probeAfter('select 1')).toEqual([])
    const { rows } = await session.query(`select 1 from ${t}`)
    expect(rows).toEqual([])
  })

  it.each([
    ['a missing column', `alter table ${t} drop column scope`, '42703', ['token.connect', 'token.read']],
    [
      'select revoked',
      `revoke select on ${t} from evergrant_service`,
      '42501',
      ['token.connect', 'token.read', 'token.refresh'],
    ],
    [
      'a conflict target that is gone',
      `alter table ${t} drop constraint user_oauth_tokens_user_service_key`,
      '42P10',
      ['token.connect'],
    ],
    [
      'an extra column that must not be null',
      `alter table ${t} add column extra text not null`,
      '23502',
      ['token.connect'],
    ],
    [
      'a narrowed check',
      `alter table ${t} add constraint narrow check (service <> 'calendar')`,
      '23514',
      ['token.connect'],
    ],
    [
      'forced row security',
      `alter table ${t} enable row level security; alter table ${t} force row level security`,
      '42501',
      ['token.connect'],
    ],
    [
      'a rule that does nothing',
      `create rule nothing as on insert to ${t} do instead nothing`,
      '0A000',
      ['token.connect'],
    ],
    [
      'a trigger that changes what is written',
      `create function empty_scope() returns trigger language plpgsql as 'begin new.scope := null; return new; end'; create trigger empty_scope before insert on ${t} for each row execute function empty_scope()`,
      'canary_changed',
      ['token.connect'],
    ],
  ])('run into %s', async (_, harm, code, capabilities) => {
    const found = await probeAfter(harm)
    const said = found.filter(({ actual }) => actual?.startsWith(code))
    expect(said.length, JSON.stringify(found)).toBeGreaterThan(0)
    expect([...new Set(said.flatMap((finding) => finding.capabilities))].sort()).toEqual(capabilities)
  })
})

describe.each(serviceSchemas.map((schema) => [schema.contract.service, schema.migrations] as const))(
  'the contract of %s',
  (service, migrations) => {
    const own = useDatabase({
      template: { name: service.replace('-', '_'), migrate: (url) => migrate({ url, migrations }) },
    })

    it('holds on the real schema, statement by statement and row by row, as the service role', async () => {
      const real = loadManifest(
        new URL(`../../services/${service}/schema.manifest.json`, import.meta.url),
        service,
      )
      const asService = await sessionOn(own.serviceUrl)
      try {
        expect(await probeSchema(sqlOver(asService), real)).toEqual([])
      } finally {
        await asService.end()
      }
    })
  },
)
