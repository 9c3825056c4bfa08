import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TokenService } from './service.ts'
import { useTokenWorld } from './testing.ts'

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
