import { connectEventBus } from '@evergrant/event-bus'
import {
  contracts,
  encodeEvent,
  type Publication,
  publication,
  requiredScopes,
} from '@evergrant/event-contracts'
import { systemClock } from '@evergrant/service-runtime'
import { describe, expect, it } from 'vitest'
import { consentDriver } from './test-kit/consent-driver.ts'
import { useOauthService } from './testing.ts'

const on = useOauthService()
const { browser, eventOf, opened, read, somebody } = consentDriver(on)

async function readiness(url = on.service.url) {
  const response = await fetch(`${url}/health/ready`)
  const body = (await response.json()) as {
    capabilities: { name: string; status: string; reason?: string }[]
  }
  return { status: response.status, connect: body.capabilities.find(({ name }) => name === 'connect') }
}

/** Publishes as token-service does. */
async function publishAsTokenService(grantId: string, version: number, event: Publication): Promise<void> {
  const bus = await connectEventBus({ url: on.nats.url, name: 'test', clock: systemClock })
  await bus.declareStream({ name: 'TOKEN', subjects: ['evergrant.token.*.v1'] })
  const identity = { source: 'token-service', streamId: `grant-${grantId}`, version }
  const message = encodeEvent(event, { ...identity, time: new Date().toISOString() })
  const [outcome] = await bus.publish([{ ...message, ...identity, repair: 0 }])
  expect(outcome?.status).toBe('published')
  await bus.close()
}

describe('when token-service says that a refresh token is gone', () => {
  it('the next consent asks Google for a new one', async () => {
    const { sub, email } = somebody()
    const promptNow = async () => {
      const { location } = await browser().open((await opened(sub)).authorizationUrl)
      return new URL(location ?? '').searchParams.get('prompt')
    }
    const connectNow = async () => {
      const { id, authorizationUrl } = await opened(sub)
      const visitor = browser()
      await visitor.open(await visitor.consent(authorizationUrl, { email }))
      const event = await eventOf(contracts.tokenIssued.subject, id)
      return contracts.tokenIssued.schema.parse(event)
    }
    const { grantId } = await connectNow()
    expect(await promptNow()).toBeNull()

    const action = { kind: 'reconnect', description: 'Connect again.' }
    const required = { grantId, userId: sub, reason: 'revoked_at_google', action }
    await publishAsTokenService(
      grantId,
      1,
      publication(contracts.reauthorizationRequired, { ...required, requiredAt: new Date().toISOString() }),
    )
    await expect.poll(promptNow, { timeout: 20_000 }).toBe('consent')

    expect((await connectNow()).refreshTokenIncluded).toBe(true)
    expect(await promptNow()).toBeNull()
    const revoked = { grantId, userId: sub, by: 'user', reason: 'revoked_by_user' } as const
    await publishAsTokenService(
      grantId,
      2,
      publication(contracts.grantRevoked, { ...revoked, revokedAt: new Date().toISOString() }),
    )
    await expect.poll(promptNow, { timeout: 20_000 }).toBe('consent')
  })
})

describe('when token-service says that Google took a scope away', () => {
  it('the next consent for it asks Google for a refresh token that covers it again', async () => {
    const { sub, email } = somebody()
    const { id, authorizationUrl } = await opened(sub)
    const visitor = browser()
    await visitor.open(await visitor.consent(authorizationUrl, { email }))
    const { grantId } = contracts.tokenIssued.schema.parse(await eventOf(contracts.tokenIssued.subject, id))
    const promptNow = async () => {
      const { location } = await browser().open((await opened(sub)).authorizationUrl)
      return new URL(location ?? '').searchParams.get('prompt')
    }
    expect(await promptNow()).toBeNull()

    const { connection } = contracts.connectionChanged.example
    const lacking = {
      ...connection,
      grantId,
      status: 'missing_scopes' as const,
      scopes: [],
      missingScopes: [...requiredScopes('calendar', 'read')],
    }
    const changedAt = new Date().toISOString()
    const event = publication(contracts.connectionChanged, { userId: sub, connection: lacking, changedAt })
    await publishAsTokenService(grantId, 1, event)
    await expect.poll(promptNow, { timeout: 20_000 }).toBe('consent')
  })
})

describe('while Google is away', () => {
  it('the service starts, says so, keeps links good, and recovers by itself', async () => {
    const discovery = '/.well-known/openid-configuration'
    on.google.addFault({ path: discovery, status: 503, times: null })
    const service = await on.start()
    await expect.poll(async () => (await readiness(service.url)).connect?.reason).toBe('google_unavailable')
    expect((await readiness(service.url)).status).toBe(200)

    const { sub, email } = somebody()
    const { id, authorizationUrl } = await opened(sub)
    const visitor = browser(service.url)
    expect(await visitor.open(authorizationUrl)).toMatchObject({
      status: 503,
      body: expect.stringContaining('cannot be reached'),
    })
    on.google.clearFaults()
    expect((await visitor.open(await visitor.consent(authorizationUrl, { email }))).status).toBe(200)
    expect((await read(sub, id)).body.status).toBe('granted')
    on.clock.advance(6)
    await expect.poll(async () => (await readiness(service.url)).connect?.status).toBe('ok')
  })

  it('a user who said no is heard all the same', async () => {
    const service = await on.start()
    const { sub, email } = somebody()
    const { id, authorizationUrl } = await opened(sub)
    const visitor = browser(on.service.url)
    const redirect = await visitor.consent(authorizationUrl, { email, deny: true })
    on.google.addFault({ path: '/.well-known/openid-configuration', status: 503, times: null })
    const elsewhere = browser(service.url)
    for (const [name, value] of visitor.cookies) elsewhere.cookies.set(name, value)
    expect((await elsewhere.open(redirect)).status).toBe(200)
    on.google.clearFaults()
    expect((await read(sub, id)).body).toMatchObject({ status: 'denied', reason: 'access_denied' })
  })
})

describe('without a Google client', () => {
  it('the service starts and says what to set', async () => {
    const { url } = await on.start({ GOOGLE_CLIENT_ID: undefined })
    expect(await readiness(url)).toMatchObject({
      status: 200,
      connect: { status: 'degraded', reason: 'google_client_not_configured' },
    })
    const { sub } = somebody()
    const page = await browser(url).open((await opened(sub)).authorizationUrl)
    expect(page).toMatchObject({ status: 503, body: expect.stringContaining('GOOGLE_CLIENT_ID') })
  })
})

describe('while NATS is away', () => {
  it('consent works, and its event follows when NATS is back', async () => {
    const { sub, email } = somebody()
    await on.nats.kill()
    const { id, authorizationUrl } = await opened(sub)
    const visitor = browser()
    expect((await visitor.open(await visitor.consent(authorizationUrl, { email }))).status).toBe(200)
    expect((await read(sub, id)).body.status).toBe('granted')
    await on.nats.restart()
    await eventOf(contracts.tokenIssued.subject, id)
  })
})
