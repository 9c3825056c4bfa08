import { type Database, openDatabase, sqlOf } from '@evergrant/event-store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TokenService } from './service.ts'
import { type Connected, useTokenWorld } from './testing.ts'

describe('tokens at rest', () => {
  const world = useTokenWorld()
  let service: TokenService
  let database: Database

  beforeAll(async () => {
    service = await world.start()
    database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
  })
  afterAll(() => database.close())

  const connected = async () => {
    const user = await world.issue({ expiresInSeconds: 3_599 })
    await world.connection(service, user)
    return user
  }
  const refused = async (user: Connected) => {
    const { status, body } = await world.vend(service, user)
    expect(status).toBe(500)
    expect(body).toMatchObject({ code: 'internal_error' })
    expect(body.accessToken).toBeUndefined()
  }

  it('fail authentication when the rows of two users are swapped', async () => {
    const [one, other] = [await connected(), await connected()]
    await sqlOf(database)(
      `update vault_secret s set sealed = o.sealed from vault_secret o
        where s.field = o.field
          and ((s.grant_id = $1 and o.grant_id = $2) or (s.grant_id = $2 and o.grant_id = $1))`,
      [one.grantId, other.grantId],
    )
    await refused(one)
    await refused(other)
  })

  it('fail authentication when the data keys of two users are swapped with them', async () => {
    const [one, other] = [await connected(), await connected()]
    await sqlOf(database)(
      `update vault_secret s set sealed = o.sealed from vault_secret o
        where s.field = o.field
          and ((s.grant_id = $1 and o.grant_id = $2) or (s.grant_id = $2 and o.grant_id = $1))`,
      [one.grantId, other.grantId],
    )
    await sqlOf(database)(
      `update vault_data_key k set data_key_id = o.data_key_id, wrapped_key = o.wrapped_key from vault_data_key o
        where (k.grant_id = $1 and o.grant_id = $2) or (k.grant_id = $2 and o.grant_id = $1)`,
      [one.grantId, other.grantId],
    )
    await refused(one)
    await refused(other)
  })

  it('fail authentication when an older generation is put back', async () => {
    const user = await connected()
    const sql = sqlOf(database)
    const [old] = await sql<{ sealed: string }>(
      "select sealed from vault_secret where grant_id = $1 and field = 'access_token'",
      [user.grantId],
    )
    const path = `/v1/connections/${user.connectionId()}/refresh`
    expect((await world.call(service, path, { sub: user.user, method: 'POST' })).body.generation).toBe(2)
    await sql("update vault_secret set sealed = $2 where grant_id = $1 and field = 'access_token'", [
      user.grantId,
      old?.sealed,
    ])
    await refused(user)
    await sql("update vault_secret set generation = 1 where grant_id = $1 and field = 'access_token'", [
      user.grantId,
    ])
    await refused(user)
  })

  it('fail authentication when the ciphertext was cut short', async () => {
    const user = await connected()
    await sqlOf(database)('update vault_secret set sealed = left(sealed, 40) where grant_id = $1', [
      user.grantId,
    ])
    await refused(user)
  })

  it('can be replaced by a new consent after their row was damaged', async () => {
    const user = await world.issue({ user: 'unlucky' })
    await world.connection(service, user)
    await sqlOf(database)(
      'update vault_data_key set wrapped_key = left(wrapped_key, 20) where grant_id = $1',
      [user.grantId],
    )
    await refused(user)
    const again = await world.issue({ user: 'unlucky' })
    await world.connection(service, again, { is: { generation: 2 } })
    expect((await world.vend(service, again)).status).toBe(200)
  })

  it('are nowhere in clear: not in the tables, the facts or the outbox', async () => {
    const user = await connected()
    const { body } = await world.vend(service, user)
    const token = String(body.accessToken)
    const sql = sqlOf(database)
    const tables = await sql<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema')`,
    )
    expect(tables.length).toBeGreaterThan(8)
    for (const { name } of tables) {
      const found = await sql(`select 1 from ${name} t where t::text like '%' || $1 || '%'`, [token])
      expect(found, name).toEqual([])
      const outbox = await sql(
        `select 1 from ${name} t where t::text like '%' || encode(convert_to($1, 'utf8'), 'hex') || '%'`,
        [token],
      )
      expect(outbox, name).toEqual([])
    }
  })

  it('keep the eleven columns people know, with references instead of tokens', async () => {
    const user = await connected()
    const [row] = await sqlOf(database)<Record<string, unknown>>(
      'select * from user_oauth_tokens where id = $1',
      [user.connectionId()],
    )
    expect(Object.keys(row ?? {}).sort()).toEqual(
      [
        'access_token',
        'created_at',
        'id',
        'refresh_token',
        'scope',
        'service',
        'service_email',
        'service_user_id',
        'token_expiry',
        'updated_at',
        'user_id',
      ].sort(),
    )
    expect(row).toMatchObject({
      access_token: `vault:${user.grantId}/access_token@1`,
      refresh_token: `vault:${user.grantId}/refresh_token@1`,
    })
  })
})
