import { useDatabase } from '@evergrant/stack/testing'
import { defineEntity, MikroORM, p } from '@mikro-orm/postgresql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withSession } from '../catalog/session.ts'
import { requireColumns, UndefinedGuard } from './undefined-guard.ts'

const Token = defineEntity({
  name: 'Token',
  tableName: 'tokens',
  properties: {
    id: p.integer().primary(),
    scope: p.text().nullable(),
  },
})
const Noted = defineEntity({
  name: 'Noted',
  tableName: 'noted',
  properties: {
    id: p.integer().primary(),
    note: p.text().nullable().lazy(),
  },
})

const database = useDatabase()
let orm: MikroORM

beforeAll(async () => {
  await withSession(database.url, async (sql) => {
    await sql('create table tokens (id int primary key, scope text)')
    await sql('create table noted (id int primary key, note text)')
    await sql('insert into noted (id) values (1)')
    await sql('insert into tokens (id) values (1)')
  })
  orm = await MikroORM.init({
    clientUrl: database.url,
    entities: [Token, Noted],
    ensureDatabase: false,
    subscribers: [new UndefinedGuard()],
  })
})
afterAll(() => orm.close(true))

const find = () => orm.em.fork().find(Token, {})

describe('the undefined guard', () => {
  it('lets null pass, and what is only loaded on demand', async () => {
    expect(await find()).toMatchObject([{ id: 1, scope: null }])
    expect(await orm.em.fork().find(Noted, {})).toMatchObject([{ id: 1 }])
  })

  it('refuses an entity whose column is gone instead of handing out "nothing"', async () => {
    await withSession(database.url, (sql) => sql('alter table tokens rename column scope to scopes'))
    await expect(find()).rejects.toMatchObject({
      code: 'schema_drift',
      context: { detail: { entity: 'Token', property: 'scope' } },
    })
    await withSession(database.url, (sql) => sql('alter table tokens rename column scopes to scope'))
    expect(await find()).toMatchObject([{ scope: null }])
  })
})

describe('a row of plain SQL', () => {
  it('has to have every column, if only as null', () => {
    const row: { id: number; scope?: string | null } = { id: 1 }
    expect(() => requireColumns(row, ['id', 'scope'])).toThrow(
      expect.objectContaining({ code: 'schema_drift' }),
    )
    expect(requireColumns({ ...row, scope: null }, ['id', 'scope'])).toEqual({ id: 1, scope: null })
  })
})
