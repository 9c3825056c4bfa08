import { contracts, decodeEvent, type PublicEvent } from '@evergrant/event-contracts'
import { openDatabase, sqlOf } from '@evergrant/event-store'
import { beforeAll, describe, expect, it } from 'vitest'
import type { TokenService } from './service.ts'
import { useTokenWorld } from './testing.ts'

describe('disconnecting', () => {
  const world = useTokenWorld()
  const events: PublicEvent[] = []
  let service: TokenService

  beforeAll(async () => {
    service = await world.start()
    world.bus().consume({ stream: 'TOKEN', durable: 'spec' }, async (messages) => {
      events.push(...messages.map(decodeEvent))
      return { status: 'done' }
    })
  })

  const revocations = () => world.google().requests({ method: 'POST', path: '/revoke' })
  const remove = (id: string, sub: string) =>
    world.call(service, `/v1/connections/${id}`, { sub, method: 'DELETE' })

  it('leaves the siblings alone, and revokes at Google with the last one', async () => {
    const user = await world.issue({ user: 'eve', services: ['calendar', 'gmail'] })
    await world.connection(service, user)
    const gone = await remove(user.connectionId('gmail'), 'eve')
    expect(gone.status).toBe(202)
    expect(gone.body).toMatchObject({ status: 'disconnected', reason: 'revoked_by_user', expiresAt: null })
    expect((await world.vend(service, user)).status).toBe(200)
    expect(revocations()).toHaveLength(0)

    expect((await remove(user.connectionId(), 'eve')).status).toBe(202)
    const refused = await world.vend(service, user)
    expect(refused.status).toBe(409)
    expect(refused.body).toMatchObject({ code: 'needs_reauthorization', reason: 'revoked_by_user' })
    await expect.poll(() => revocations().length, { timeout: 5_000 }).toBe(1)
    await expect
      .poll(() => events.filter(({ contract }) => contract === contracts.grantRevoked).length)
      .toBe(1)
    await expect.poll(() => secretsOf(user.grantId), { timeout: 5_000 }).toBe(0)
    // A repeat has nothing left to do.
    expect((await remove(user.connectionId(), 'eve')).status).toBe(202)
  })

  it('keeps telling Google until Google has heard it', async () => {
    const user = await world.issue({ user: 'fay' })
    await world.connection(service, user)
    world.google().addFault({ path: '/revoke', status: 503, times: 1 })
    await remove(user.connectionId(), 'fay')
    await expect.poll(() => secretsOf(user.grantId), { timeout: 15_000 }).toBe(0)
    expect(revocations().map(({ status }) => status)).toEqual([503, 200])
  })

  it("does not take another user's access to the same Google account along", async () => {
    const one = await world.issue({ user: 'gil', email: 'shared@example.com' })
    const other = await world.issue({ user: 'hal', email: 'shared@example.com' })
    await world.connection(service, one)
    await world.connection(service, other)
    await remove(one.connectionId(), 'gil')
    await expect.poll(() => secretsOf(one.grantId), { timeout: 5_000 }).toBe(0)
    expect(revocations()).toHaveLength(0)
    expect((await world.vend(service, other)).status).toBe(200)
  })

  it('comes back to life with a new consent', async () => {
    const before = await world.issue({ user: 'ida' })
    await world.connection(service, before)
    await remove(before.connectionId(), 'ida')
    await expect.poll(() => secretsOf(before.grantId), { timeout: 5_000 }).toBe(0)
    const after = await world.issue({ user: 'ida' })
    expect(after.grantId).toBe(before.grantId)
    await world.connection(service, after, { is: { status: 'active', generation: 2 } })
    expect((await world.vend(service, after)).status).toBe(200)
  })

  async function secretsOf(grantId: string): Promise<number> {
    const database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
    try {
      const rows = await sqlOf(database)('select 1 from vault_data_key where grant_id = $1', [grantId])
      return rows.length
    } finally {
      await database.close()
    }
  }
})
