import { randomUUID } from 'node:crypto'
import { useDatabase } from '@evergrant/stack/testing'
import { defineEntity, p } from '@mikro-orm/postgresql'
import { describe, expect, it } from 'vitest'
import { createPostgresEventStore } from '../log/postgres-event-store.ts'
import { entityManagerOf } from '../log/unit-of-work.ts'
import { eventStoreMigrations } from '../migrations/all.ts'
import { contractFacts } from '../testing/event-store-contract.ts'
import { migrate } from './migrate.ts'
import { openDatabase } from './open-database.ts'
import { sqlOf } from './sql.ts'

const empty = useDatabase()
const applicationName = 'open-database-test'

describe('migrate', () => {
  it('lets two start at once: each migration runs once', async () => {
    const seen: string[] = []
    const both = await Promise.all(
      [1, 2].map(() =>
        migrate({ url: empty.url, migrations: eventStoreMigrations, onProgress: (name) => seen.push(name) }),
      ),
    )
    const names = eventStoreMigrations.map(({ name }) => name)
    expect(both.flat()).toEqual(names)
    expect(seen).toEqual(names)
    expect(await migrate({ url: empty.url, migrations: eventStoreMigrations })).toEqual([])
  })
})

describe('openDatabase', () => {
  it('refuses a database that acknowledges commits it may lose', async () => {
    const url = new URL(empty.url)
    url.searchParams.set('options', '-c synchronous_commit=off')
    await expect(openDatabase({ url: url.href, applicationName })).rejects.toMatchObject({
      code: 'database_not_durable',
    })
  })

  it('says that a database is unreachable, without its password', async () => {
    const opening = openDatabase({ url: 'postgres://someone:hush@127.0.0.1:1/none', applicationName })
    const error: unknown = await opening.catch((failure: unknown) => failure)
    expect(error).toMatchObject({ kind: 'unavailable', code: 'database_unavailable' })
    expect(JSON.stringify(error)).not.toContain('hush')
  })

  it('binds parameters instead of writing them into the statement', async () => {
    const database = await openDatabase({ url: empty.serviceUrl, applicationName })
    const nasty = `'; drop table x; -- $1 ? \\ "é`
    const rows = await sqlOf(database)('select $1::text as text, $2::jsonb as json, $3::bytea as bytes', [
      nasty,
      JSON.stringify({ nasty }),
      Buffer.from([0, 255]),
    ])
    expect(rows).toEqual([{ text: nasty, json: { nasty }, bytes: Buffer.from([0, 255]) }])
    await database.close()
  })

  it('tells of every statement that PostgreSQL refuses, also one whose error is handled', async () => {
    const refused: unknown[] = []
    const database = await openDatabase({ url: empty.serviceUrl, applicationName })
    database.onQueryError((error) => refused.push(error))
    await expect(sqlOf(database)('select nothing_like_it')).rejects.toMatchObject({ code: '42703' })
    await database
      .em()
      .getConnection()
      .execute('select 1 from no_such_table')
      .catch(() => undefined)
    expect(refused).toEqual([
      expect.objectContaining({ code: '42703' }),
      expect.objectContaining({ code: '42P01' }),
    ])
    await database.close()
  })

  it('commits entities of a unit of work together with its facts', async () => {
    const Note = defineEntity({
      name: 'Note',
      tableName: 'note',
      properties: { id: p.uuid().primary(), text: p.string() },
    })
    const admin = await openDatabase({ url: empty.url, applicationName })
    await sqlOf(admin)(
      'create table note (id uuid primary key, text text); grant all on note to evergrant_service',
    )
    await admin.close()
    const database = await openDatabase({ url: empty.serviceUrl, applicationName, entities: [Note] })
    const store = createPostgresEventStore({
      database,
      source: 'token-service',
      facts: contractFacts,
      projections: [],
      clock: { now: () => new Date() },
    })
    const work = (fails: boolean) =>
      store.transaction(async (unit) => {
        const em = entityManagerOf(unit)
        em.create(Note, { id: randomUUID(), text: String(fails) })
        await em.flush()
        expect(await sqlOf(unit)('select text from note')).toContainEqual({ text: String(fails) })
        if (fails) throw new Error('no')
      })
    await expect(work(true)).rejects.toThrow('no')
    await work(false)
    const notes = await database.em().find(Note, {})
    expect(notes.map(({ text }) => text)).toEqual(['false'])
    await database.close()
  })

  it('never reports a commit that PostgreSQL turned into a rollback, whoever ran the transaction', async () => {
    const database = await openDatabase({ url: empty.serviceUrl, applicationName, poolSize: 1 })
    const work = database.em().transactional(async (em) => {
      await em.execute('select 1/0').catch(() => undefined)
    })
    await expect(work).rejects.toMatchObject({ code: 'transaction_aborted' })
    expect(await sqlOf(database)('select 1 as one')).toEqual([{ one: 1 }])
    await database.close()
  })

  it('ends a transaction that was forgotten', async () => {
    const database = await openDatabase({ url: empty.serviceUrl, applicationName })
    const [row] = await sqlOf(database)<{ idle: string; statement: string }>(
      `select current_setting('idle_in_transaction_session_timeout') as idle,
        current_setting('statement_timeout') as statement`,
    )
    expect(row).toEqual({ idle: '30s', statement: '30s' })
    await database.close()
  })
})
