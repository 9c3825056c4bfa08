import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { requiredScopes } from '@evergrant/event-contracts'
import { openDatabase, sqlOf } from '@evergrant/event-store'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TokenService } from './service.ts'
import { useTokenWorld } from './testing.ts'

const tokenRevoked = 'https://schemas.openid.net/secevent/oauth/event-type/token-revoked'
const tokensRevoked = 'https://schemas.openid.net/secevent/oauth/event-type/tokens-revoked'
const accountDisabled = 'https://schemas.openid.net/secevent/risc/event-type/account-disabled'
const sessionsRevoked = 'https://schemas.openid.net/secevent/risc/event-type/sessions-revoked'

describe('security events of Google', () => {
  const world = useTokenWorld()
  let replicas: readonly [TokenService, TokenService]
  let server: Server
  let key: CryptoKey
  let keysAnswer = 200

  beforeAll(async () => {
    const pair = await generateKeyPair('RS256')
    key = pair.privateKey
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'risc', alg: 'RS256' }
    server = createServer((request, response) => {
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const body =
        request.url === '/keys' ? { keys: [jwk] } : { issuer: google(), jwks_uri: `${origin}/keys` }
      response.writeHead(keysAnswer, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const securityEventsUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/configuration`
    replicas = [await world.start({ securityEventsUrl }), await world.start({ securityEventsUrl })]
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const google = () => world.google().url
  const eventFor = (
    sub: string,
    type: string,
    {
      jti = crypto.randomUUID() as string,
      iat = Math.floor(Date.now() / 1000) + 1,
      claims = {},
      signer = key,
    } = {},
  ) =>
    new SignJWT({
      iss: google(),
      aud: world.google().client.clientId,
      iat,
      jti,
      events: { [type]: { subject: { subject_type: 'iss-sub', iss: google(), sub } } },
      ...claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid: 'risc', typ: 'secevent+jwt' })
      .sign(signer)
  const deliver = async (token: string, type = 'application/secevent+jwt') => {
    const response = await fetch(`${replicas[0].url}/v1/google/security-events`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: token,
    })
    const text = await response.text()
    return { status: response.status, problem: text === '' ? undefined : JSON.parse(text) }
  }
  const statusOf = async (user: Parameters<typeof world.connection>[1]) => {
    const { status, reason } = await world.connection(replicas[0], user)
    return { status, reason }
  }

  it('end a grant on every replica at once, without one question to Google', async () => {
    const user = await world.issue({ user: 'risc-a' })
    await world.connection(replicas[0], user)
    for (const replica of replicas) expect((await world.vend(replica, user)).status).toBe(200)
    const token = await eventFor(user.issued.account.id, tokensRevoked)
    expect(await deliver(token)).toEqual({ status: 202, problem: undefined })
    expect((await world.vend(replicas[0], user)).status).toBe(409)
    await expect.poll(async () => (await world.vend(replicas[1], user)).status).toBe(409)
    expect(await statusOf(user)).toEqual({ status: 'needs_reauthorization', reason: 'revoked_at_google' })
    expect(world.refreshCalls()).toHaveLength(0)
    expect((await deliver(token)).status).toBe(202)
  })

  it('tell a disabled account from a revocation, and leave grants alone over a mere session', async () => {
    const [disabled, session] = [await world.issue(), await world.issue()]
    await world.connection(replicas[0], disabled)
    await world.connection(replicas[0], session)
    await deliver(await eventFor(disabled.issued.account.id, accountDisabled))
    await deliver(await eventFor(session.issued.account.id, sessionsRevoked))
    expect(await statusOf(disabled)).toEqual({ status: 'needs_reauthorization', reason: 'account_disabled' })
    expect(await statusOf(session)).toEqual({ status: 'active', reason: null })
  })

  it('say nothing about a consent that came after them', async () => {
    const user = await world.issue()
    await world.connection(replicas[0], user)
    const iat = Math.floor(Date.now() / 1000) - 3600
    expect((await deliver(await eventFor(user.issued.account.id, tokensRevoked, { iat }))).status).toBe(202)
    expect(await statusOf(user)).toEqual({ status: 'active', reason: null })
  })

  it('are refused with the word their sender understands when they are not what they say', async () => {
    const sub = '1'
    const stranger = (await generateKeyPair('RS256')).privateKey
    const wrong: [string, Promise<string>][] = [
      ['invalid_audience', eventFor(sub, tokensRevoked, { claims: { aud: 'somebody else' } })],
      ['invalid_issuer', eventFor(sub, tokensRevoked, { claims: { iss: 'https://evil.example.com' } })],
      ['invalid_key', eventFor(sub, tokensRevoked, { signer: stranger })],
      ['invalid_request', eventFor(sub, tokensRevoked, { claims: { events: 'none' } })],
      ['invalid_request', Promise.resolve('not.a.token')],
      ['invalid_request', Promise.resolve('')],
    ]
    for (const [err, token] of wrong) {
      const { status, problem } = await deliver(await token)
      expect([status, problem?.code, problem?.err]).toEqual([400, 'security_event_rejected', err])
    }
    expect((await deliver('{}', 'application/json')).status).toBe(400)
    expect((await deliver('x', 'text/plain')).status).toBe(415)
  })

  describe('about a single refresh token', () => {
    const scopes = ['openid', ...requiredScopes('calendar', 'read')]
    /** A user whose refresh token this spec knows. */
    const holder = async (user: string, email = `${user}@example.com`) => {
      world.google().addAccount({ email })
      const tokens = world.google().issueTokens({ email, scopes })
      const connected = await world.issue({ user, email, from: { issuer: google(), ...tokens } })
      await world.connection(replicas[0], connected)
      return { ...connected, token: tokens.refreshToken }
    }
    const twice = (token: string) => createHash('sha512').update(createHash('sha512').update(token).digest())
    const revoked = (token: string, alg = 'hash_base64_sha512_sha512', type = 'refresh_token') =>
      eventFor('unused', tokenRevoked, {
        claims: {
          events: {
            [tokenRevoked]: {
              subject: {
                subject_type: 'oauth_token',
                token_type: type,
                token_identifier_alg: alg,
                token,
              },
            },
          },
        },
      })
    const marks = async (change = '') => {
      const database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
      const rows = await sqlOf(database)<{ grant_id: string; generation: number }>(
        `${change === '' ? 'select grant_id, generation from' : `${change} from`} refresh_token_mark`,
      )
      await database.close()
      return rows
    }
    const counted = async (outcome: string) => {
      const text = await (await fetch(`${replicas[0].url}/metrics`)).text()
      return Number(
        new RegExp(`security_events_total\\{outcome="${outcome}".*\\} (\\d+)`).exec(text)?.[1] ?? 0,
      )
    }
    const active = { status: 'active', reason: null }
    const dead = { status: 'needs_reauthorization', reason: 'revoked_at_google' }

    it.each([
      ['its double hash', 'hash_base64_sha512_sha512', (token: string) => twice(token).digest('base64')],
      ['its double hash in hex', 'hash_SHA512_double', (token: string) => twice(token).digest('hex')],
      ['its first characters', 'prefix', (token: string) => token.slice(0, 16)],
    ])('end exactly the grant that holds it, named by %s', async (how, alg, nameOf) => {
      const email = `${how.replaceAll(' ', '-')}@example.com`
      const [one, sibling] = [await holder(`one ${how}`, email), await holder(`sibling ${how}`, email)]
      const event = await revoked(nameOf(one.token), alg)
      expect((await deliver(event)).status).toBe(202)
      expect([await statusOf(one), await statusOf(sibling)]).toEqual([dead, active])
      expect((await world.vend(replicas[0], one)).status).toBe(409)
      expect(world.refreshCalls()).toHaveLength(0)
      expect((await deliver(event)).status).toBe(202)
      expect(await statusOf(sibling)).toEqual(active)
    })

    it('are accepted and counted when nobody here holds it, and change nothing', async () => {
      const user = await holder('nobody')
      const before = await counted('unknown_subject')
      const hash = twice(user.token).digest('base64')
      for (const event of [
        await revoked(twice('another token').digest('base64')),
        await revoked(hash, 'hash_base64_sha256'),
        await revoked(hash, 'hash_base64_sha512_sha512', 'access_token'),
        await revoked('', 'prefix'),
      ]) {
        expect(await deliver(event)).toEqual({ status: 202, problem: undefined })
      }
      expect(await statusOf(user)).toEqual(active)
      expect(await counted('unknown_subject')).toBe(before + 4)
    })

    it('end no grant that has a newer one: by a consent, or because the provider replaced it', async () => {
      const user = await holder('renewed')
      const renewed = await holder('renewed')
      await world.connection(replicas[0], renewed, { is: { generation: 2 } })
      await deliver(await revoked(twice(user.token).digest('base64')))
      expect(await statusOf(user)).toEqual(active)

      const answer = {
        access_token: 'ya29.replaced',
        refresh_token: '1//0replaced-by-the-provider',
        token_type: 'Bearer',
        expires_in: 3599,
        scope: scopes.join(' '),
      }
      world.google().addFault({ path: '/token', status: 200, body: answer, times: 1 })
      expect((await world.vend(replicas[0], user, { rejectedGeneration: 2 })).status).toBe(200)
      await deliver(await revoked(twice(renewed.token).digest('base64')))
      expect(await statusOf(user)).toEqual(active)
      await deliver(await revoked(twice(answer.refresh_token).digest('base64')))
      expect(await statusOf(user)).toEqual(dead)
    })

    it('find a token from before there were marks once it was refreshed', async () => {
      const user = await holder('from-before')
      await marks('delete')
      const hash = twice(user.token).digest('base64')
      await deliver(await revoked(hash))
      expect(await statusOf(user)).toEqual(active)
      expect((await world.vend(replicas[0], user, { rejectedGeneration: 1 })).status).toBe(200)
      await deliver(await revoked(hash))
      expect(await statusOf(user)).toEqual(dead)
    })

    it('leave no mark of a token that was destroyed', async () => {
      const user = await holder('gone')
      const mine = async () => (await marks()).filter(({ grant_id }) => grant_id === user.grantId)
      expect(await mine()).toMatchObject([{ generation: 1 }])
      await world.call(replicas[0], `/v1/connections/${user.connectionId()}`, {
        sub: user.user,
        method: 'DELETE',
      })
      await expect.poll(mine, { timeout: 10_000 }).toEqual([])
    })
  })

  it('are asked for again while the keys cannot be read', async () => {
    keysAnswer = 500
    const blind = await world.start({
      securityEventsUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/configuration`,
    })
    const response = await fetch(`${blind.url}/v1/google/security-events`, {
      method: 'POST',
      headers: { 'content-type': 'application/secevent+jwt' },
      body: await eventFor('1', tokensRevoked),
    })
    keysAnswer = 200
    expect(response.status).toBe(503)
  })
})
