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
})
