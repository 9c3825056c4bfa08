import { contracts, decodeEvent, type PublicEvent } from '@evergrant/event-contracts'
import { beforeAll, describe, expect, it } from 'vitest'
import type { TokenService } from './service.ts'
import { type Connected, useTokenWorld } from './testing.ts'

describe('token-service', () => {
  const world = useTokenWorld()
  let service: TokenService
  const events: PublicEvent[] = []

  beforeAll(async () => {
    service = await world.start()
    world.bus().consume({ stream: 'TOKEN', durable: 'spec' }, async (messages) => {
      events.push(...messages.map(decodeEvent))
      return { status: 'done' }
    })
  })

  const connected = (connection: Connected) => world.connection(service, connection)
  const vend = (connection: Connected, body: object = {}) => world.vend(service, connection, body)
  const published = (name: string, connection: Connected) =>
    events.filter(
      ({ contract, data }) => contract.name === name && JSON.stringify(data).includes(connection.grantId),
    )

  it('turns TokenIssued into a connection and says so on the bus', async () => {
    const alice = await world.issue({ user: 'alice', email: 'alice@example.com' })
    const connection = await connected(alice)
    expect(connection).toMatchObject({
      id: alice.connectionId(),
      grantId: alice.grantId,
      service: 'calendar',
      account: { email: 'alice@example.com' },
      status: 'active',
      reason: null,
      action: null,
      missingScopes: [],
      access: 'read',
      capabilities: { 'token.read': 'ok', 'token.refresh': 'ok' },
      generation: 1,
    })
    await expect.poll(() => published('ConnectionChanged', alice).length, { timeout: 5_000 }).toBe(1)
    const [changed] = published('ConnectionChanged', alice)
    expect(contracts.connectionChanged.schema.parse(changed?.data).connection).toMatchObject({
      status: 'active',
    })
  })

  it('lends a token that works, and remembers who borrowed it', async () => {
    const bob = await world.issue({ user: 'bob' })
    await connected(bob)
    const { status, body } = await vend(bob, { purpose: 'sync' })
    expect(status).toBe(200)
    expect(body).toMatchObject({ tokenType: 'Bearer', generation: 1, expiresAt: bob.issued.expiresAt })
    const answer = await fetch(`${world.google().url}/calendar/v3/users/me/calendarList`, {
      headers: { authorization: `Bearer ${body.accessToken}` },
    })
    expect(answer.status).toBe(200)
    await expect.poll(async () => (await connected(bob)).lastUsedAt, { timeout: 5_000 }).not.toBeNull()
    const history = await world.call(service, `/v1/connections/${bob.connectionId()}/history`, { sub: 'bob' })
    expect(history.body.items?.map(({ type }) => type)).toEqual([
      'AccessTokenVended',
      'TokensReceived',
      'GrantOpened',
    ])
  })

  it('refreshes first when nothing usable is left', async () => {
    const carol = await world.issue({ user: 'carol', expiresInSeconds: -10 })
    await connected(carol)
    const { status, body } = await vend(carol)
    expect(status).toBe(200)
    expect(body.generation).toBe(2)
    await expect.poll(() => published('TokenRefreshed', carol).length, { timeout: 5_000 }).toBe(1)
  })

  it('answers the same over NATS request/reply', async () => {
    const dave = await world.issue({ user: 'dave' })
    await connected(dave)
    const ask = (body: object) =>
      world.bus().request('evergrant.token.access-token.get', body, { timeoutMs: 5_000 })
    expect(await ask({ connectionId: dave.connectionId() })).toMatchObject({
      ok: true,
      body: { tokenType: 'Bearer', generation: 1 },
    })
    expect(await ask({ connectionId: dave.grantId })).toMatchObject({
      ok: false,
      code: 'connection_not_found',
    })
    expect(await ask({ connectionId: 7 })).toMatchObject({ ok: false, code: 'invalid_input' })
  })

  it('pages connections and history without losing or repeating one', async () => {
    const gail = await world.issue({ user: 'gail', services: ['calendar', 'drive', 'gmail'] })
    await connected(gail)
    for (let vends = 0; vends < 3; vends++) expect((await vend(gail)).status).toBe(200)
    await expect.poll(async () => (await connected(gail)).lastUsedAt, { timeout: 5_000 }).not.toBeNull()
    const all = async (path: string) => {
      const items: unknown[] = []
      let cursor: unknown = null
      do {
        const next = typeof cursor === 'string' ? `&cursor=${cursor}` : ''
        const { status, body } = await world.call(service, `${path}?limit=2${next}`, { sub: 'gail' })
        expect(status).toBe(200)
        expect(body.items?.length).toBeLessThanOrEqual(2)
        items.push(...(body.items ?? []))
        cursor = body.nextCursor
      } while (cursor !== null)
      return items
    }
    const connections = await all('/v1/connections')
    expect(new Set(connections.map((item) => JSON.stringify(item))).size).toBe(3)
    const history = `/v1/connections/${gail.connectionId()}/history`
    const whole = await world.call(service, history, { sub: 'gail' })
    await expect.poll(async () => (await all(history)).length, { timeout: 5_000 }).toBe(5)
    expect(whole.body.nextCursor).toBeNull()
    expect((await world.call(service, `${history}?cursor=bm9uc2Vuc2U`, { sub: 'gail' })).status).toBe(400)
  })

  it('forces a refresh once per Idempotency-Key', async () => {
    const hugo = await world.issue({ user: 'hugo' })
    await connected(hugo)
    const refresh = (key: string) =>
      world.call(service, `/v1/connections/${hugo.connectionId()}/refresh`, {
        sub: 'hugo',
        method: 'POST',
        idempotencyKey: key,
      })
    expect((await refresh('first')).body.generation).toBe(2)
    expect((await refresh('first')).body.generation).toBe(2)
    expect((await refresh('second')).body.generation).toBe(3)
  })

  it('takes the same TokenIssued twice for one consent', async () => {
    const ivy = await world.issue({ user: 'ivy' })
    await connected(ivy)
    await world.publish(ivy.issued, { repair: 1 })
    const after = await world.issue({ user: 'jan' })
    await connected(after)
    expect(await connected(ivy)).toMatchObject({ generation: 1 })
  })

  it('reports on Google and on the schema without claiming what it does not know', async () => {
    const health = await world.call(service, '/v1/google/health', { sub: 'alice' })
    expect(health.body.items).toHaveLength(3)
    expect(health.body.items).toContainEqual(
      expect.objectContaining({ service: 'calendar', status: 'ok', tokenQuerySuccess: 1 }),
    )
    const schema = await world.call(service, '/v1/schema', { sub: 'root', scope: 'admin' })
    expect(schema.body.items).toMatchObject([
      { service: 'token-service', status: 'verified' },
      { service: 'oauth-service', status: 'unverifiable' },
      { service: 'calendar-service', status: 'unverifiable' },
    ])
  })
})
