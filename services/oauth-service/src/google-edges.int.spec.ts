import { contracts } from '@evergrant/event-contracts'
import { afterEach, describe, expect, it } from 'vitest'
import { consentDriver } from './test-kit/consent-driver.ts'
import { useOauthService } from './testing.ts'

const on = useOauthService()
const { browser, eventOf, opened, read, somebody } = consentDriver(on)

afterEach(() => on.google.setTestingMode(false))

async function connect() {
  const { sub, email } = somebody()
  const { id, authorizationUrl } = await opened(sub)
  const visitor = browser()
  const page = await visitor.open(await visitor.consent(authorizationUrl, { email }))
  return { sub, email, id, page }
}

describe('an application in testing mode', () => {
  const consentScreen = async () => {
    const response = await fetch(`${on.service.url}/v1/oauth/google/configuration`, {
      headers: { authorization: await on.issuer.bearer('olga', { scope: 'admin' }) },
    })
    const { checks } = (await response.json()) as { checks: { name: string; status: string }[] }
    return checks.find(({ name }) => name === 'consent_screen')
  }

  it('is noticed by the end of its refresh tokens, told on the bus and to the operator', async () => {
    expect(await consentScreen()).toMatchObject({ status: 'unknown' })
    on.google.setTestingMode(true)
    const { id } = await connect()
    const event = contracts.tokenIssued.schema.parse(await eventOf(contracts.tokenIssued.subject, id))
    const lastsMs = Date.parse(event.refreshTokenExpiresAt ?? '') - Date.parse(event.issuedAt)
    const sevenDaysMs = 7 * 24 * 3600 * 1000
    expect(Math.abs(lastsMs - sevenDaysMs)).toBeLessThan(60_000)
    expect(await consentScreen()).toMatchObject({
      status: 'warning',
      says: expect.stringContaining('seven days'),
      remedy: expect.stringContaining('Publish'),
    })
    on.google.setTestingMode(false)
    await connect()
    expect(await consentScreen()).toMatchObject({ status: 'ok' })
  })

  it('has its users asked for consent again after those seven days, and not before', async () => {
    on.google.setTestingMode(true)
    const { sub, email } = await connect()
    const promptNow = async () => {
      const { authorizationUrl } = await opened(sub, { services: ['calendar'], loginHint: email })
      const { location } = await browser().open(authorizationUrl)
      return new URL(location ?? '').searchParams.get('prompt')
    }
    expect(await promptNow()).toBeNull()
    on.clock.advance(7 * 24 * 3600)
    expect(await promptNow()).toBe('consent')
  })
})

describe("an organisation's policy", () => {
  it.each([
    ['admin_policy_enforced', 'administrator can allow it'],
    ['org_internal', 'open only to members'],
  ])('is told as %s, on the page as well', async (error, text) => {
    on.google.addFault({ method: 'POST', path: '/token', status: 400, body: { error } })
    const { sub, id, page } = await connect()
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining(text) })
    expect((await read(sub, id)).body).toMatchObject({ status: 'denied', reason: error })
    const denied = await eventOf(contracts.authorizationDenied.subject, id)
    expect(denied).toMatchObject({ userId: sub, reason: error })
  })

  it('is told the same way when Google says it in its redirect', async () => {
    const { sub, email } = somebody()
    on.google.scriptConsent({ email, error: 'admin_policy_enforced', shownTo: 'client' })
    const { id, authorizationUrl } = await opened(sub)
    const visitor = browser()
    await visitor.open(await visitor.consent(authorizationUrl, { email }))
    expect((await read(sub, id)).body).toMatchObject({ status: 'denied', reason: 'admin_policy_enforced' })
  })
})

describe('a code that has expired', () => {
  it('fails with its reason, and a new try is one click away', async () => {
    const { sub, email } = somebody()
    const { id, authorizationUrl } = await opened(sub)
    const visitor = browser()
    const redirect = await visitor.consent(authorizationUrl, { email })
    on.google.addFault({ method: 'POST', path: '/token', status: 400, body: { error: 'invalid_grant' } })
    const page = await visitor.open(redirect)
    expect(page.body).toContain('too late or was used before')
    expect(page.body).toContain('Try again')
    expect((await read(sub, id)).body).toMatchObject({
      status: 'failed',
      reason: 'code_rejected',
      action: { kind: 'try_again' },
    })
  })
})
