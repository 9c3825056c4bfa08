import { type Database, openDatabase, sqlOf } from '@evergrant/event-store'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { TokenService } from './service.ts'
import { useTokenWorld } from './testing.ts'

interface VaultStatus {
  readonly current: string
  readonly keys: readonly { readonly keyId: string; readonly dataKeys: number; readonly current: boolean }[]
  readonly rotation: {
    readonly total: number
    readonly rewrapped: number
    readonly unreadable: number
    readonly finishedAt: string | null
  } | null
}

const admin = { sub: 'operator', scope: 'admin' }

describe('the vault keys', () => {
  const world = useTokenWorld()
  let one: TokenService
  let other: TokenService
  let database: Database

  beforeAll(async () => {
    one = await world.start({ instanceId: 'one' })
    other = await world.start({ instanceId: 'other' })
    database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
  })
  afterAll(() => database.close())

  const status = async () => (await world.call(one, '/v1/vault/keys', admin)).body as unknown as VaultStatus
  const rotate = (body: object = {}) =>
    world.call(one, '/v1/vault/rotations', { ...admin, method: 'POST', body })
  const rotated = () =>
    vi.waitFor(
      async () => {
        const now = await status()
        expect(now.rotation?.finishedAt).not.toBeNull()
        return now
      },
      { timeout: 15_000, interval: 50 },
    )
  const connected = async (user?: string) => {
    const connection = await world.issue({ expiresInSeconds: 3_599, ...(user === undefined ? {} : { user }) })
    await world.connection(one, connection)
    return connection
  }

  it('change while tokens are lent and connected; every replica reads what the new key wraps', async () => {
    const users = await Promise.all([connected(), connected(), connected()])
    const before = (await status()).current
    expect((await rotate()).status).toBe(202)
    const meanwhile = await connected()
    const after = await rotated()
    expect(after.current).not.toBe(before)
    expect(after.keys.filter(({ dataKeys }) => dataKeys > 0).map(({ keyId }) => keyId)).toEqual([
      after.current,
    ])
    for (const user of [...users, meanwhile]) {
      expect((await world.vend(other, user)).status).toBe(200)
    }
  })

  it('are retired only when no data key needs them, and not while they are current', async () => {
    await connected()
    const { current } = await status()
    const remove = (keyId: string) =>
      world.call(one, `/v1/vault/keys/${keyId}`, { ...admin, method: 'DELETE' })
    expect((await remove(current)).body).toMatchObject({ code: 'vault_key_in_use' })
    await rotate()
    await rotated()
    expect((await remove(current)).status).toBe(200)
    expect((await status()).keys.map(({ keyId }) => keyId)).not.toContain(current)
    expect((await remove(current)).body).toMatchObject({ code: 'vault_key_not_found' })
  })

  it('go on changing where a replica that died left off', async () => {
    await Promise.all([connected(), connected()])
    const sql = sqlOf(database)
    await one.stop()
    await other.stop()
    // As after SIGKILL between two batches: begun, one grant done, and the lease of a process that is gone.
    await sql(
      `insert into vault_rotation (id, target_key_id, started_by, started_at, total, rewrapped, unreadable, holder, lease_until)
       select gen_random_uuid(), 'gone', 'operator', now(), count(*), 1, 0, 'dead', now() - interval '1 second'
         from vault_data_key`,
    )
    one = await world.start({ instanceId: 'one' })
    other = await world.start({ instanceId: 'other' })
    const after = await rotated()
    expect(after.rotation?.unreadable).toBe(0)
  })

  it('tell whoever scrapes how far a rotation is, how long it takes and what it could not read', async () => {
    await connected()
    const sql = sqlOf(database)
    const scrape = async () => {
      const text = await (await fetch(`${one.url}/metrics`)).text()
      return ['remaining', 'running_seconds', 'unreadable'].map((name) =>
        Number(new RegExp(`^evergrant_vault_rotation_${name}{[^}]*} (.*)$`, 'm').exec(text)?.[1]),
      )
    }
    await sql(`update vault_rotation set started_at = started_at - interval '1 day'`)
    // Held by a process that lives and does nothing.
    await sql(
      `insert into vault_rotation (id, target_key_id, started_by, started_at, total, rewrapped, unreadable, holder, lease_until)
       values (gen_random_uuid(), 'gone', 'operator', now() - interval '1 hour', 9, 4, 2, 'other', now() + interval '1 hour')`,
    )
    const [remaining, seconds, unreadable] = await scrape()
    expect([remaining, unreadable]).toEqual([3, 2])
    expect(seconds).toBeGreaterThan(3_590)
    await sql(
      `update vault_rotation set finished_at = now() where target_key_id = 'gone' and holder = 'other'`,
    )
    expect(await scrape()).toEqual([0, 0, 2])
  })

  it('count a damaged row, finish without it, and keep its key from being retired', async () => {
    const user = await connected()
    const { current } = await status()
    await sqlOf(database)("update vault_data_key set wrapped_key = 'AAAA' where grant_id = $1", [
      user.grantId,
    ])
    await rotate()
    const after = await rotated()
    expect(after.rotation?.unreadable).toBe(1)
    const refused = await world.call(one, `/v1/vault/keys/${current}`, { ...admin, method: 'DELETE' })
    expect(refused.body).toMatchObject({ code: 'vault_key_in_use' })
    await sqlOf(database)('delete from vault_data_key where grant_id = $1', [user.grantId])
  })

  it('are asked to change twice and change once', async () => {
    await Promise.all(Array.from({ length: 5 }, () => connected()))
    const [first, second] = await Promise.all([rotate(), rotate()])
    await rotated()
    const sql = sqlOf(database)
    const open = await sql('select 1 from vault_rotation where finished_at is null')
    expect([first.status, second.status, open.length]).toEqual([202, 202, 0])
  })

  it('show neither to users nor any key to anyone', async () => {
    expect((await world.call(one, '/v1/vault/keys', { sub: 'alice' })).status).toBe(403)
    expect(
      (await world.call(one, '/v1/vault/rotations', { sub: 'alice', method: 'POST', body: {} })).status,
    ).toBe(403)
    expect(JSON.stringify(await status())).not.toMatch(/[\w-]{43}/)
    expect((await rotate({ newKey: 'yes' })).status).toBe(400)
  })
})
