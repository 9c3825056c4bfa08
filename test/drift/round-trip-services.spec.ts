import { migrate } from '@evergrant/event-store'
import {
  type Catalog,
  loadManifest,
  readCatalog,
  verifyDatabase,
  withSession,
} from '@evergrant/schema-verification'
import { useDatabase } from '@evergrant/stack/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { manifestFile, serviceSchemas } from '../../docs/generate/schema-manifests.ts'
import { seedRows } from './seed-rows.ts'

const root = `${import.meta.dirname}/../..`

describe.each(serviceSchemas.map((schema) => [schema.contract.service, schema] as const))(
  'every migration of %s, up, down and up again on rows',
  (service, { contract, migrations }) => {
    const database = useDatabase()
    const manifest = loadManifest(manifestFile(root, service), service)
    const names = migrations.map(({ name }) => name)
    const sql = <Row>(text: string) => withSession(database.url, (query) => query<Row>(text))

    // The journal's own table is made with the first migration, and stays.
    async function catalogNow() {
      const catalog = await withSession(database.url, (query) =>
        readCatalog(query, { schemas: contract.schemas, role: 'evergrant_service' }),
      )
      const { mikro_orm_migrations: _, ...relations } = catalog.relations
      const { mikro_orm_migrations_id_seq: __, ...sequences } = catalog.sequences
      const { schemas, enums, functions } = catalog
      return { schemas, relations, sequences, enums, functions }
    }
    /** What is there after each number of migrations. */
    const steps: Pick<Catalog, 'schemas' | 'relations' | 'sequences' | 'enums' | 'functions'>[] = []
    let seeded: string[] = []

    beforeAll(async () => {
      steps.push(await catalogNow())
      for (const [n] of migrations.entries()) {
        await migrate({ url: database.url, migrations: migrations.slice(0, n + 1) })
        steps.push(await catalogNow())
      }
      seeded = await withSession(database.url, (query) => seedRows(query, steps.at(-1) as Catalog))
    })

    const rowsIn = async (tables: readonly string[]) =>
      (
        await Promise.all(
          tables.map(async (table) =>
            (await sql(`select 1 from ${table} limit 1`)).length > 0 ? [table] : [],
          ),
        )
      ).flat()

    it('has rows in every table', async () => {
      expect(await rowsIn(seeded)).toEqual(seeded)
      expect(seeded.length).toBeGreaterThan(10)
    })

    it('leads down, one at a time, to exactly the catalog before it, and leaves the rows of what stays', async () => {
      for (const [n, name] of [...names.entries()].toReversed()) {
        const ran = await migrate({
          url: database.url,
          migrations,
          direction: 'down',
          acceptDataLoss: true,
        })
        expect(ran).toEqual([name])
        const now = await catalogNow()
        expect(now, `after ${name} was taken back`).toEqual(steps[n])
        const left = seeded.filter((table) => Object.hasOwn(now.relations, table))
        expect(await rowsIn(left), `after ${name} was taken back`).toEqual(left)
      }
      expect(await sql('select name from mikro_orm_migrations')).toEqual([])
    })

    it('leads up again to the manifest', async () => {
      for (const [n, name] of names.entries()) {
        expect(await migrate({ url: database.url, migrations: migrations.slice(0, n + 1) })).toEqual([name])
        expect(await catalogNow(), `after ${name}`).toEqual(steps[n + 1])
      }
      const report = await verifyDatabase(database.url, { manifest, clock: { now: () => new Date() } })
      expect(report).toMatchObject({ status: 'verified', findings: [] })
      expect(report.databaseHash).toBe(report.manifestHash)
    })

    it('goes all the way back in one command, although it was killed in the middle, on rows', async () => {
      await withSession(database.url, (query) => seedRows(query, steps.at(-1) as Catalog))
      const down = () =>
        migrate({ url: database.url, migrations, direction: 'down', to: '0', acceptDataLoss: true })
      // A reader of the second table to go holds the migrator up; then its sessions are killed.
      await withSession(database.url, async (reader) => {
        await reader('begin')
        await reader('lock table es.relay_shard in access share mode')
        const killed = expect(down()).rejects.toMatchObject({ name: expect.any(String) })
        await expect
          .poll(
            async () =>
              (await sql(`select from pg_locks where not granted and locktype = 'relation'`)).length,
          )
          .toBeGreaterThan(0)
        await sql(
          `select pg_terminate_backend(pid) from pg_stat_activity
            where application_name = 'evergrant-migrate' and datname = current_database()`,
        )
        await killed
        await reader('rollback')
      })
      const journal = (await sql<{ name: string }>('select name from mikro_orm_migrations order by id')).map(
        ({ name }) => name,
      )
      expect(journal).toEqual(['0001-event-store', '0002-relay'])
      expect(await catalogNow()).toEqual(steps[2])
      expect(await down()).toEqual(['0002-relay', '0001-event-store'])
      expect(await catalogNow()).toEqual(steps[0])
    })
  },
)

describe('calendar-service going back to calendars only', () => {
  const calendar = serviceSchemas.find(({ contract }) => contract.service === 'calendar-service')
  if (calendar === undefined) throw new TypeError('calendar-service has no schema')
  const { migrations } = calendar
  const database = useDatabase({
    template: { name: 'calendar_service', migrate: (url) => migrate({ url, migrations }) },
  })

  it('leaves nothing of Drive and Gmail that the code before would take for a calendar', async () => {
    const query = <Row>(text: string) => withSession(database.url, (session) => session<Row>(text))
    await withSession(database.url, async (session) =>
      seedRows(session, await readCatalog(session, { schemas: calendar.contract.schemas })),
    )
    const last = "'00000000-0000-7000-8000-000000000002'"
    await query(`delete from calendar where calendar_id = ${last}`)
    await query(`update synced_resource set kind = 'drive' where resource_id = ${last}`)
    await migrate({
      url: database.url,
      migrations,
      direction: 'down',
      to: '0003-sync-correlation',
      acceptDataLoss: true,
    })
    expect(await query('select kind from synced_resource')).toEqual([{ kind: 'calendar' }])
    expect(await query('select resource_id from resource_run')).toHaveLength(1)
    expect(await query('select connection_id from known_connection')).toHaveLength(1)
  })
})
