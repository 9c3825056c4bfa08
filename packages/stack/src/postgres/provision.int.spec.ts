import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { databaseServices, databaseUrl } from '../services/service-plans.ts'
import { withClient } from '../testing/shared-servers.ts'
import { type OwnServer, startPostgresServer } from '../testing.ts'
import { provisionPostgres, statementsOf } from './provision.ts'
import { tellDdl } from './tell-ddl.ts'

const file = new URL('../../../../infra/postgres/provision.sql', import.meta.url).pathname

describe('the three databases and their roles', () => {
  let server: OwnServer
  const passwords = Object.fromEntries(
    ['migrator', ...databaseServices.map(({ role }) => role)].map((name) => [
      `${name}_password`,
      `it's ${randomBytes(6).toString('hex')}`,
    ]),
  )
  const urlFor = (role: string, database: string) =>
    databaseUrl(server.url, role, passwords[`${role.replace('evergrant_', '')}_password`] ?? '', database)
  const ask = (url: string, sql: string) => withClient(url, (client) => client.query(sql))

  beforeAll(async () => {
    server = await startPostgresServer()
    await provisionPostgres(server.url, file, passwords)
  })
  afterAll(() => server?.stop())

  it.each(databaseServices)('let $name into its own database only', async ({ role, database }) => {
    for (const other of databaseServices) {
      const entering = ask(urlFor(role, other.database), 'select current_database() as entered')
      if (other.database === database) expect((await entering).rows).toEqual([{ entered: database }])
      else await expect(entering).rejects.toMatchObject({ code: '42501' })
    }
  })

  it('let the migrator make tables, and a service use only what was granted', async () => {
    const migrator = urlFor('evergrant_migrator', 'token')
    await ask(migrator, 'create table open (id int); grant select on open to evergrant_service')
    await ask(migrator, 'create table closed (id int)')
    const service = urlFor('token_service', 'token')
    expect((await ask(service, 'select * from open')).rowCount).toBe(0)
    await expect(ask(service, 'select * from closed')).rejects.toMatchObject({ code: '42501' })
    await expect(ask(service, 'create table own (id int)')).rejects.toMatchObject({ code: '42501' })
  })

  it('stay as they are when they are provisioned again, with the new passwords', async () => {
    await ask(urlFor('evergrant_migrator', 'oauth'), 'create table kept as select 1 as one')
    const before = urlFor('oauth_service', 'oauth')
    passwords.oauth_service_password = 'another'
    await provisionPostgres(server.url, file, passwords)
    await expect(ask(before, 'select 1')).rejects.toMatchObject({ code: '28P01' })
    expect((await ask(urlFor('evergrant_migrator', 'oauth'), 'select one from kept')).rowCount).toBe(1)
  })

  it('are provisioned once by two stacks that start together', async () => {
    await Promise.all([1, 2, 3].map(() => provisionPostgres(server.url, file, passwords)))
  })

  it('tell of a schema change as it commits, to whoever listens, and say who did it', async () => {
    const admin = databaseUrl(server.url, 'postgres', new URL(server.url).password, 'token')
    expect(await tellDdl([admin])).toEqual([])
    const heard: (string | undefined)[] = []
    await withClient(urlFor('token_service', 'token'), async (listener) => {
      listener.on('notification', ({ payload }) => heard.push(payload))
      await listener.query('listen evergrant_schema')
      await ask(urlFor('evergrant_migrator', 'token'), 'create table told (id int)')
      await vi.waitFor(() => expect(heard).toHaveLength(1), { timeout: 15_000 })
    })
    expect(JSON.parse(heard[0] ?? '')).toMatchObject({
      tag: 'CREATE TABLE',
      objects: ['public.told'],
      user: 'evergrant_migrator',
    })
  })

  it('say where nobody may install that', async () => {
    expect(await tellDdl([urlFor('evergrant_migrator', 'oauth')])).toEqual(['oauth'])
  })

  it('can be made by an admin who is no superuser', async () => {
    const managed = await startPostgresServer()
    try {
      await ask(managed.url, "create role managed login createdb createrole password 'managed'")
      const admin = databaseUrl(managed.url, 'managed', 'managed', 'postgres')
      await provisionPostgres(admin, file, passwords)
      await provisionPostgres(admin, file, passwords)
      const { rows } = await ask(
        managed.url,
        "select pg_get_userbyid(datdba) as owner from pg_database where datname = 'oauth'",
      )
      expect(rows).toEqual([{ owner: 'evergrant_migrator' }])
    } finally {
      await managed.stop()
    }
  })

  it('say which server refused, and never with what password', async () => {
    const url = databaseUrl(server.url, 'postgres', 'wrong-password', 'postgres')
    const refused = provisionPostgres(url, file, passwords)
    await expect(refused).rejects.toMatchObject({
      code: 'foreign_server_unusable',
      message: expect.not.stringContaining('wrong-password'),
    })
  })
})

describe('reading provision.sql', () => {
  it('knows statements, queries that make statements, and quoted variables', () => {
    const text =
      "-- a comment; with a semicolon\nselect 'x'\nwhere true \\gexec\nalter role a password :'p';\n"
    expect(statementsOf(text, { p: "it's" })).toEqual([
      { sql: "select 'x'\nwhere true ", generates: true },
      { sql: "alter role a password 'it''s'", generates: false },
    ])
  })
})
