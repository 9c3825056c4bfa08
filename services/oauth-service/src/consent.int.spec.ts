import { connectionIdOf, contracts, grantIdOf, requiredScopes } from '@evergrant/event-contracts'
import { compactDecrypt, decodeProtectedHeader } from 'jose'
import { connect, StringCodec } from 'nats'
import { describe, expect, it } from 'vitest'
import { createBrowser } from './test-kit/browser.ts'
import { useOauthService } from './test-kit/service-under-test.ts'

const on = useOauthService()

interface Opened {
  readonly id: string
  readonly authorizationUrl: string
  readonly expiresAt: string
}

let people = 0
/** Nobody has met this person before. */
function somebody() {
  people += 1
  return { sub: `user-${people}`, email: `person-${people}@example.com` }
}

async function request(sub: string, body: object, headers: Record<string, string> = {}) {
  return fetch(`${on.service.url}/v1/authorizations`, {
    method: 'POST',
    headers: {
      authorization: await on.issuer.bearer(sub),
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(body),
  })
}

async function opened(sub: string, body: object = { services: ['calendar'] }): Promise<Opened> {
  const response = await request(sub, body)
  expect(response.status).toBe(201)
  return (await response.json()) as Opened
}

async function read(sub: string, id: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${on.service.url}/v1/authorizations/${id}`, {
    headers: { authorization: await on.issuer.bearer(sub) },
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const browser = () => createBrowser(() => on.service.url)

/** The one event about this authorization on the bus. */
async function publicEventOf(subject: string, authorizationId: string): Promise<Record<string, unknown>> {
  const connection = await connect({ servers: on.nats.url })
  try {
    const streams = await connection.jetstreamManager()
    return await expect
      .poll(
        async () => {
          const { state } = await streams.streams.info('OAUTH')
          for (let sequence = state.first_seq; sequence <= state.last_seq; sequence++) {
            const message = await streams.streams.getMessage('OAUTH', { seq: sequence })
            const data = JSON.parse(StringCodec().decode(message.data)) as Record<string, unknown>
            if (message.subject === subject && data.authorizationId === authorizationId) return data
          }
          return undefined
        },
        { timeout: 10_000 },
      )
      .toBeDefined()
      .then(async () => {
        const { state } = await streams.streams.info('OAUTH')
        for (let sequence = state.first_seq; sequence <= state.last_seq; sequence++) {
          const message = await streams.streams.getMessage('OAUTH', { seq: sequence })
          const data = JSON.parse(StringCodec().decode(message.data)) as Record<string, unknown>
          if (message.subject === subject && data.authorizationId === authorizationId) return data
        }
        throw new Error('gone')
      })
  } finally {
    await connection.close()
  }
}

describe('a user who gives consent', () => {
  it('is connected, and the tokens leave sealed for token-service alone', async () => {
    const { sub, email } = somebody()
    const { id, authorizationUrl } = await opened(sub, {
      services: ['calendar', 'drive'],
      returnTo: 'https://app.example/settings?tab=google',
    })
    expect(authorizationUrl).toMatch(`${on.publicUrl}/v1/authorizations/${id}/begin?ticket=`)
    expect((await read(sub, id)).body).toMatchObject({ id, status: 'pending' })

    const visitor = browser()
    const redirect = await visitor.consent(authorizationUrl, { email })
    const answer = await visitor.open(redirect)
    expect(answer.status).toBe(303)
    expect(answer.location).toBe(`https://app.example/settings?tab=google&authorization=${id}&status=granted`)

    const event = contracts.tokenIssued.schema.parse(await publicEventOf(contracts.tokenIssued.subject, id))
    const grantId = grantIdOf(sub, on.google.url, event.account.id)
    expect(event).toMatchObject({
      userId: sub,
      grantId,
      issuer: on.google.url,
      account: { email },
      services: ['calendar', 'drive'],
      access: 'read',
      missingScopes: [],
      refreshTokenIncluded: true,
    })
    expect(decodeProtectedHeader(event.sealedTokens)).toMatchObject({ evg: { authorizationId: id, grantId } })
    const { plaintext } = await compactDecrypt(event.sealedTokens, on.sealingPrivateKey)
    const tokens = JSON.parse(new TextDecoder().decode(plaintext)) as { accessToken: string }
    expect(tokens).toMatchObject({ tokenType: 'bearer', issuer: on.google.url })

    expect((await read(sub, id)).body).toEqual({
      id,
      status: 'granted',
      services: ['calendar', 'drive'],
      missingScopes: [],
      connections: [connectionIdOf(grantId, 'calendar'), connectionIdOf(grantId, 'drive')],
    })
  })

  it('is told what is missing when not everything was ticked', async () => {
    const { sub, email } = somebody()
    const { id, authorizationUrl } = await opened(sub, { services: ['calendar', 'gmail'] })
    const visitor = browser()
    const redirect = await visitor.consent(authorizationUrl, {
      email,
      scopes: requiredScopes('calendar', 'read'),
    })
    const page = await visitor.open(redirect)
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('Partly connected') })
    const { body } = await read(sub, id)
    expect(body).toMatchObject({ status: 'granted', missingScopes: requiredScopes('gmail', 'read') })
    expect(body.connections).toHaveLength(1)
  })
})

describe('a user who says no', () => {
  it('is denied, on record and on the bus, and never sees a server error', async () => {
    const { sub, email } = somebody()
    const { id, authorizationUrl } = await opened(sub)
    const visitor = browser()
    const page = await visitor.open(await visitor.consent(authorizationUrl, { email, deny: true }))
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('Not connected') })
    expect((await read(sub, id)).body).toMatchObject({ status: 'denied', reason: 'access_denied' })
    expect(await publicEventOf(contracts.authorizationDenied.subject, id)).toMatchObject({
      userId: sub,
      reason: 'access_denied',
    })
  })
})
