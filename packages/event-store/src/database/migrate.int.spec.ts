import { useDatabase } from '@evergrant/stack/testing'
import { Migration } from '@mikro-orm/migrations'
import { afterEach, describe, expect, it } from 'vitest'
import { eventStoreMigrations } from '../migrations/all.ts'
import { migrate } from './migrate.ts'
import { openDatabase } from './open-database.ts'
import { type Sql, sqlOf } from './sql.ts'

function making(sql: string) {
  return class extends Migration {
    override up(): void {
      this.addSql(sql)
    }
  }
}
function reversible(sql: string, back: string, loses: readonly string[] = []) {
  return class extends making(sql) {
    readonly loses = loses
    override down(): void {
      this.addSql(back)
    }
  }
}
const things = { name: '0001-things', class: reversible('create table things (id int)', 'drop table things') }
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
    const up = (migration: typeof edited) =>
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

  it('takes nothing back when a later step of the same way would fail, and keeps what was taken back', async () => {
    const url = there.url
    const third = { name: '0003-third', class: reversible('create table third ()', 'drop table third') }
    const broken = {
      name: '0002-broken',
      class: reversible('create table half ()', 'drop table half; drop table never_there'),
    }
    const sql = await session()
    await sql(`delete from mikro_orm_migrations where name = '0002-onward'`)
    await sql('alter table things drop column colour')
    const migrations = [...eventStoreMigrations, things, broken, third]
    await migrate({ url, migrations })
    await expect(migrate({ url, migrations, direction: 'down', to: '0001-things' })).rejects.toMatchObject({
      message: expect.stringContaining('never_there'),
    })
    const state = await sql(`
      select to_regclass('third') is null as third_gone, to_regclass('half') is not null as half_there,
        array(select name::text from mikro_orm_migrations order by id desc limit 1) as journal,
        array(select name from es.migration_checksum where name in ('0002-broken', '0003-third')) as record`)
    expect(state).toEqual([
      { third_gone: true, half_there: true, journal: ['0002-broken'], record: ['0002-broken'] },
    ])
    const mended = { name: '0002-broken', class: reversible('create table half ()', 'drop table half') }
    const again = [...eventStoreMigrations, things, mended, third]
    expect(await migrate({ url, migrations: again, direction: 'down', to: '1' })).toEqual(['0002-broken'])
  })

  it('destroys data only when told to', async () => {
    const lossy = {
      name: '0003-lossy',
      class: reversible('create table lossy ()', 'drop table lossy', ['lossy and its rows']),
    }
    const options = { url: there.url, migrations: [...eventStoreMigrations, things, lossy] }
    await migrate(options)
    await expect(migrate({ ...options, direction: 'down' })).rejects.toMatchObject({
      code: 'migration_loses_data',
      message: expect.stringContaining('lossy and its rows'),
    })
    expect(await migrate({ ...options, direction: 'down', acceptDataLoss: true })).toEqual(['0003-lossy'])
  })

  it('takes back the last migration, and forgets what it said', async () => {
    const url = there.url
    const migrations = [...eventStoreMigrations, things, onward]
    await migrate({ url, migrations })
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
