import { contracts, decodeEvent, type PublicEvent, requiredScopes } from '@evergrant/event-contracts'
import { beforeAll, describe, expect, it } from 'vitest'
import type { TokenService } from './service.ts'
import { useTokenWorld } from './testing.ts'

const wish = { minValiditySeconds: 600 }

describe('what can be wrong with a connection', () => {
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

  it('asks the user back when Google has revoked the grant, and says so on the bus (B5.67)', async () => {
    const user = await world.issue({ user: 'rita', email: 'rita@example.com', expiresInSeconds: 20 })
    await world.connection(service, user)
    world.google().revokeGrant('rita@example.com')
    const { status, body } = await world.vend(service, user, wish)
    expect(status).toBe(409)
    expect(body).toMatchObject({
      code: 'needs_reauthorization',
      reason: 'revoked_at_google',
      action: { kind: 'reconnect', url: expect.stringContaining('http://127.0.0.1:8080/') },
    })
    expect(await world.connection(service, user)).toMatchObject({
      status: 'needs_reauthorization',
      reason: 'revoked_at_google',
      capabilities: { 'token.read': 'unavailable', 'token.refresh': 'unavailable' },
    })
    await expect
      .poll(() => events.some(({ contract }) => contract === contracts.reauthorizationRequired), {
        timeout: 5_000,
      })
      .toBe(true)
    // Nobody keeps asking Google about a grant that only its user can revive.
    expect((await world.vend(service, user, wish)).status).toBe(409)
    expect(world.refreshCalls()).toHaveLength(1)
  })

  it('finds a withdrawal that a caller met before any refresh did (B5.66)', async () => {
    const user = await world.issue({ user: 'rejected', email: 'rejected@example.com' })
    await world.connection(service, user)
    const { body } = await world.vend(service, user)
    world.google().revokeGrant('rejected@example.com')
    const { status, body: problem } = await world.vend(service, user, { rejectedGeneration: body.generation })
    expect([status, problem]).toMatchObject([409, { reason: 'revoked_at_google' }])
    expect(await world.connection(service, user)).toMatchObject({ status: 'needs_reauthorization' })
  })

  it('marks no user when Google refuses our own client', async () => {
    const broken = await world.start({ clientSecret: 'not-the-secret' })
    const user = await world.issue({ expiresInSeconds: 20 })
    await world.connection(broken, user)
    const { status, body } = await world.vend(broken, user, wish)
    await broken.stop()
    expect(status).toBe(503)
    expect(body.code).toBe('client_misconfigured')
    expect(await world.connection(service, user)).toMatchObject({
      status: 'active',
      reason: 'client_misconfigured',
      action: { kind: 'contact_operator' },
    })
  })

  it('names the scopes that are missing, and where to grant them', async () => {
    const user = await world.issue({
      services: ['calendar', 'gmail'],
      granted: ['openid', ...requiredScopes('calendar', 'read')],
    })
    expect(await world.connection(service, user, { service: 'gmail' })).toMatchObject({
      status: 'missing_scopes',
      missingScopes: requiredScopes('gmail', 'read'),
      action: { kind: 'grant_scopes', url: expect.stringContaining('connect=gmail') },
    })
    expect(await world.connection(service, user)).toMatchObject({ status: 'active' })
    const { status, body } = await world.vend(service, user, {
      requiredScopes: requiredScopes('gmail', 'read'),
    })
    expect(status).toBe(409)
    expect(body).toMatchObject({
      code: 'missing_scopes',
      missingScopes: requiredScopes('gmail', 'read'),
      action: { url: expect.any(String) },
    })
    expect((await world.vend(service, user)).status).toBe(200)
  })

  it('keeps the refresh token when a repeated consent brings none', async () => {
    const first = await world.issue({ user: 'rob' })
    await world.connection(service, first)
    const again = await world.issue({ user: 'rob', withoutRefreshToken: true, expiresInSeconds: 20 })
    await world.connection(service, again, { is: { generation: 2, reason: null } })
    const { status, body } = await world.vend(service, again, wish)
    expect(status).toBe(200)
    expect(body.generation).toBe(3)
  })

  it('says early that a grant without a refresh token will end', async () => {
    const user = await world.issue({ withoutRefreshToken: true })
    expect(await world.connection(service, user)).toMatchObject({
      status: 'active',
      reason: 'refresh_token_missing',
      capabilities: { 'token.read': 'ok', 'token.refresh': 'unavailable' },
    })
    expect((await world.vend(service, user)).status).toBe(200)
  })

  it('refuses bad input, strangers and callers without the scope', async () => {
    const user = await world.issue({ user: 'sam' })
    await world.connection(service, user)
    const path = `/v1/connections/${user.connectionId()}`
    expect((await world.call(service, path, { sub: 'mallory' })).status).toBe(404)
    expect((await world.call(service, path, { sub: 'mallory', method: 'DELETE' })).status).toBe(404)
    expect((await world.call(service, '/v1/connections/7', { sub: 'sam' })).status).toBe(400)
    const vend = { sub: 'sam', method: 'POST', body: {} }
    expect((await world.call(service, `${path}/access-token`, vend)).status).toBe(403)
    for (const body of [
      { minValiditySeconds: -1 },
      { minValiditySeconds: 90_000 },
      { requiredScopes: ['everything'] },
      { unknown: true },
    ]) {
      expect((await world.vend(service, user, body)).status).toBe(400)
    }
  })
})
