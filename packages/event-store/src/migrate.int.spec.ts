import { useDatabase } from '@evergrant/stack/testing'
import { Migration } from '@mikro-orm/migrations'
import { afterEach, describe, expect, it } from 'vitest'
import { migrate } from './migrate.ts'
import { eventStoreMigrations } from './migrations/all.ts'
import { openDatabase } from './open-database.ts'
import { type Sql, sqlOf } from './sql.ts'

function making(sql: string, back?: string) {
  return class extends Migration {
    override up(): void {
      this.addSql(sql)
    }
    override down(): void {
      if (back === undefined) super.down()
      else this.addSql(back)
    }
  }
}
const things = { name: '0001-things', class: making('create table things (id int)', 'drop table things') }
const onward = { name: '0002-onward', class: making('alter table things add column colour text') }

const there = useDatabase()
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function session(): Promise<Sql> {
  const database = await openDatabase({ url: there.url, applicationName: 'spec', poolSize: 1 })
  closing.push(() => database.close())
  return sqlOf(database)
}

describe('a migrator', () => {
  it('writes down what each migration said, once, also when two start together', async () => {
    const migrations = [...eventStoreMigrations, things]
    const ran = await Promise.all([
      migrate({ url: there.url, migrations }),
      migrate({ url: there.url, migrations }),
    ])
    expect(ran.flat().sort()).toEqual(migrations.map(({ name }) => name).sort())
    const sql = await session()
    const record = await sql<{ name: string }>('select name from es.migration_checksum')
    expect(record.map(({ name }) => name).sort()).toEqual(migrations.map(({ name }) => name).sort())
  })

  it('refuses a migration that was edited after it was applied, and takes layout for nothing', async () => {
    const edited = { name: '0001-things', class: making('create table things (id bigint)') }
    const laidOut = { name: '0001-things', class: making('create table things\n  (id int) -- all of them') }
    const up = (migration: typeof things) =>
      migrate({ url: there.url, migrations: [...eventStoreMigrations, migration] })
    await expect(up(edited)).rejects.toMatchObject({
      code: 'migration_edited',
      message: expect.stringContaining('0001-things'),
    })
    expect(await up(laidOut)).toEqual([])
  })

  it('waits its turn for a lock that a reader holds, and comes through', async () => {
    const sql = await session()
    await sql('begin')
    await sql('select * from things')
    const migrations = [...eventStoreMigrations, things, onward]
    const migrating = migrate({ url: there.url, migrations })
    const watching = await session()
    await expect
      .poll(
        async () =>
          (await watching("select 1 from pg_locks where not granted and locktype = 'relation'")).length,
      )
      .toBeGreaterThan(0)
    await sql('commit')
    expect(await migrating).toEqual(['0002-onward'])
  })

  it('says that another one is at work instead of waiting forever', async () => {
    const sql = await session()
    await sql('select pg_advisory_lock(1163282259)')
    const migrating = migrate({ url: there.url, migrations: [...eventStoreMigrations], lockWaitMs: 50 })
    await expect(migrating).rejects.toMatchObject({ code: 'migrator_busy' })
  })

  it('takes back the last migration, and forgets what it said', async () => {
    const url = there.url
    const migrations = [...eventStoreMigrations, things, onward]
    await expect(migrate({ url, migrations, direction: 'down' })).rejects.toMatchObject({
      code: 'migration_forward_only',
    })
    const sql = await session()
    await sql(`delete from mikro_orm_migrations where name = '0002-onward'`)
    expect(await migrate({ url, migrations: [...eventStoreMigrations, things], direction: 'down' })).toEqual([
      '0001-things',
    ])
    expect(await sql(`select from es.migration_checksum where name = '0001-things'`)).toEqual([])
    expect(await migrate({ url, migrations })).toEqual(['0001-things', '0002-onward'])
  })
})
