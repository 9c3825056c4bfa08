import {
  connectionIdOf,
  contracts,
  grantIdOf,
  requiredScopes,
  type Service,
  services,
} from '@evergrant/event-contracts'
import { describe, expect, it } from 'vitest'
import type { Browser } from './test-kit/browser.ts'
import { consentDriver } from './test-kit/consent-driver.ts'
import { useOauthService } from './testing.ts'

const on = useOauthService()
const { browser, eventOf, opened, read, request, somebody } = consentDriver(on)

interface Incomplete {
  readonly service: Service
  readonly connectionId: string
  readonly missingScopes: readonly string[]
  readonly action: { readonly kind: string; readonly url: string }
}

const api = 'https://www.googleapis.com/auth/'
const subsets: readonly Service[][] = Array.from({ length: 2 ** services.length }, (_, bits) =>
  services.filter((_service, index) => (bits & (1 << index)) !== 0),
)
const scopesOf = (ticked: readonly Service[]) =>
  ticked.flatMap((service) => [...requiredScopes(service, 'read')])
const incompleteOf = (body: Record<string, unknown>) => body.incomplete as readonly Incomplete[]

/** From the wish to the result page, as one person in one browser. */
async function connect(
  sub: string,
  body: object,
  answer: { readonly email: string; readonly scopes?: readonly string[] },
  visitor: Browser = browser(),
) {
  const { id, authorizationUrl } = await opened(sub, body)
  const page = await visitor.open(await visitor.consent(authorizationUrl, answer))
  return { id, page, visitor, view: (await read(sub, id)).body }
}

const accountIdOf = async (id: string) => {
  const event = contracts.tokenIssued.schema.parse(await eventOf(contracts.tokenIssued.subject, id))
  return { event, grantId: event.grantId }
}

describe('granular consent', () => {
  it.each(subsets.map((ticked) => [ticked.join(' and ') || 'nothing', ticked] as const))(
    'with %s ticked connects that, and says per service what is missing and how to add it',
    async (_what, ticked) => {
      const { sub, email } = somebody()
      const unticked = services.filter((service) => !ticked.includes(service))
      const { id, page, view, visitor } = await connect(
        sub,
        { services: [...services] },
        { email, scopes: scopesOf(ticked) },
      )
      const { event, grantId } = await accountIdOf(id)
      expect(event).toMatchObject({ services, missingScopes: scopesOf(unticked) })
      expect(view).toMatchObject({
        status: 'granted',
        missingScopes: scopesOf(unticked),
        connections: services.map((service) => connectionIdOf(grantId, service)),
      })
      expect(incompleteOf(view)).toMatchObject(
        unticked.map((service) => ({
          service,
          connectionId: connectionIdOf(grantId, service),
          missingScopes: requiredScopes(service, 'read'),
        })),
      )
      const title = { 0: 'Nothing connected', 3: '<h1>Connected' }[ticked.length] ?? 'Partly connected'
      expect(page).toMatchObject({ status: 200, body: expect.stringContaining(title) })

      // Each link adds exactly its service, to the same account; with the last one nothing is missing any more.
      for (const { service, action } of incompleteOf(view)) {
        const { location } = await visitor.open(action.url)
        const redirect = await visitor.consent(location ?? '', { email })
        expect((await visitor.open(redirect)).body).toContain('<h1>Connected')
        const added = new URL(location ?? '').pathname.split('/')[3] ?? ''
        expect((await read(sub, added)).body).toMatchObject({
          services: [service],
          connections: [connectionIdOf(grantId, service)],
          incomplete: [],
        })
      }
    },
  )
})

describe('a further service', () => {
  it('joins the same grant, whose refresh token then covers both', async () => {
    const { sub, email } = somebody()
    const first = await accountIdOf((await connect(sub, { services: ['calendar'] }, { email })).id)
    const second = await accountIdOf((await connect(sub, { services: ['drive'] }, { email })).id)
    expect(second.grantId).toBe(first.grantId)
    expect(second.event).toMatchObject({ services: ['drive'], missingScopes: [], refreshTokenIncluded: true })
    expect(second.event.grantedScopes).toEqual(
      expect.arrayContaining([...requiredScopes('calendar', 'read'), ...requiredScopes('drive', 'read')]),
    )
  })
  it('can be read and write, and a narrower tick is told as missing', async () => {
    const { sub, email } = somebody()
    const wish = { services: ['calendar', 'gmail'], access: 'readwrite' }
    const broad = [`${api}calendar`]
    const { view, page } = await connect(sub, wish, { email, scopes: broad })
    expect(view).toMatchObject({ missingScopes: requiredScopes('gmail', 'readwrite') })
    expect(page.body).toContain('Add Gmail')
  })
})

describe('a consent of another account than was meant', () => {
  it('makes its own grant and says so', async () => {
    const { sub, email } = somebody()
    const other = somebody().email
    const mine = await accountIdOf((await connect(sub, { services: ['calendar'] }, { email })).id)
    const connectionId = connectionIdOf(mine.grantId, 'calendar')

    const wish = { services: ['calendar'], connectionId }
    const { id, view, page, visitor } = await connect(sub, wish, { email: other })
    const theirs = await accountIdOf(id)
    expect(theirs.grantId).toBe(grantIdOf(sub, on.google.url, theirs.event.account.id))
    expect(theirs.grantId).not.toBe(mine.grantId)
    expect(view).toMatchObject({
      status: 'granted',
      reason: 'different_account',
      account: { email: other },
      action: { kind: 'reconnect' },
    })
    expect(page.body).toContain('Another account connected')

    // One click leads back to the account that was meant.
    const { location } = await visitor.open((view.action as { url: string }).url)
    const begin = await visitor.open(location ?? '')
    expect(new URL(begin.location ?? '').searchParams.get('login_hint')).toBe(email)
    const redirect = await visitor.answerGoogle(begin.location ?? '', { email })
    expect((await visitor.open(redirect)).body).toContain('<h1>Connected')
  })
  it('tells the application as well', async () => {
    const { sub, email } = somebody()
    await connect(sub, { services: ['calendar'] }, { email })
    // The hint names an account that is connected already, so this is a reconnect.
    const wish = { services: ['calendar'], loginHint: email, returnTo: 'https://app.example/done' }
    const { id, page } = await connect(sub, wish, { email: somebody().email })
    expect(page.location).toBe(
      `https://app.example/done?authorization=${id}&status=granted&reason=different_account`,
    )
  })
})

describe('a reconnect', () => {
  it('suggests the account of the connection, and keeps every id', async () => {
    const { sub, email } = somebody()
    const before = await connect(sub, { services: ['calendar', 'gmail'] }, { email })
    const [connectionId] = before.view.connections as string[]
    const { authorizationUrl } = await opened(sub, { services: ['calendar'], connectionId })
    const { location } = await browser().open(authorizationUrl)
    expect(new URL(location ?? '').searchParams.get('login_hint')).toBe(email)

    const after = await connect(sub, { services: ['calendar'], connectionId }, { email })
    expect(after.view).toMatchObject({ status: 'granted', connections: [connectionId] })
    expect(after.view.reason).toBeUndefined()
  })
  it('of a connection nobody knows, or of somebody else, is refused', async () => {
    const { sub, email } = somebody()
    const { view } = await connect(sub, { services: ['calendar'] }, { email })
    const [theirs] = view.connections as string[]
    for (const connectionId of [theirs, '01937e1c-6c55-7000-8000-000000000009']) {
      const response = await request('mallory', { services: ['calendar'], connectionId })
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({ code: 'connection_not_found' })
    }
    expect((await request(sub, { services: ['calendar'], connectionId: 'nonsense' })).status).toBe(400)
  })
})

describe('one user with several accounts', () => {
  it('has a grant for each', async () => {
    const { sub, email } = somebody()
    const other = somebody().email
    const one = await accountIdOf((await connect(sub, { services: ['calendar'] }, { email })).id)
    const two = await accountIdOf((await connect(sub, { services: ['calendar'] }, { email: other })).id)
    expect(two.grantId).not.toBe(one.grantId)
    expect(two.event).toMatchObject({ account: { email: other }, refreshTokenIncluded: true })
  })
})

describe('a repeated consent that gives no refresh token', () => {
  it('leads to Google once more, for that account, and ends with one', async () => {
    // The account gave its refresh token to this client before, on behalf of another user.
    const { email } = somebody()
    await connect(somebody().sub, { services: ['calendar'] }, { email })
    const { sub, email: ownEmail } = somebody()
    await connect(sub, { services: ['calendar'] }, { email: ownEmail })

    const { id, authorizationUrl } = await opened(sub)
    const visitor = browser()
    const first = await visitor.open(authorizationUrl)
    expect(new URL(first.location ?? '').searchParams.get('prompt')).toBeNull()
    const callback = await visitor.answerGoogle(first.location ?? '', { email })
    const again = await visitor.open(callback)
    expect(again).toMatchObject({ status: 303 })
    expect(again.location).toMatch(`${on.publicUrl}/v1/authorizations/${id}/begin?ticket=`)
    expect((await read(sub, id)).body.status).toBe('pending')
    // The answer that was taken works no more, nor does the first link.
    expect((await visitor.open(callback)).status).toBe(400)
    expect((await browser().open(authorizationUrl)).status).toBe(404)

    const second = await visitor.open(again.location ?? '')
    const asked = new URL(second.location ?? '').searchParams
    expect(asked.get('prompt')).toBe('consent')
    expect(asked.get('login_hint')).toBe(email)
    const result = await visitor.open(await visitor.answerGoogle(second.location ?? '', { email }))
    expect(result).toMatchObject({ status: 200, body: expect.stringContaining('<h1>Connected') })
    expect((await accountIdOf(id)).event).toMatchObject({ refreshTokenIncluded: true, account: { email } })
  })
})

describe('the link for what is missing', () => {
  it('works only in the browser that was at Google, and only with its own ticket', async () => {
    const { sub, email } = somebody()
    const wish = { services: ['calendar', 'gmail'] }
    const { view, visitor } = await connect(sub, wish, { email, scopes: scopesOf(['calendar']) })
    const { url } = view.action as { url: string }
    expect((await browser().open(url)).status).toBe(403)
    const stranger = await connect(somebody().sub, wish, { email: somebody().email })
    expect((await stranger.visitor.open(url)).status).toBe(403)
    const forged = new URL(url)
    forged.searchParams.set('ticket', 'A'.repeat(43))
    expect((await visitor.open(forged.href)).status).toBe(404)
    const other = new URL(url)
    other.searchParams.set('service', 'calendar')
    expect((await visitor.open(other.href)).status).toBe(409)
    expect((await visitor.open(url)).status).toBe(303)
  })
  it('leads a user who said no back to the same question', async () => {
    const { sub, email } = somebody()
    const { id, authorizationUrl } = await opened(sub, { services: ['drive'], returnTo: `${on.publicUrl}/x` })
    const visitor = browser()
    await visitor.open(await visitor.consent(authorizationUrl, { email, deny: true }))
    const { action } = (await read(sub, id)).body as { action: { kind: string; url: string } }
    expect(action.kind).toBe('try_again')
    const { location } = await visitor.open(action.url)
    const result = await visitor.open(await visitor.consent(location ?? '', { email }))
    expect(result.location).toContain(`${on.publicUrl}/x?authorization=`)
    expect(result.location).toContain('status=granted')
  })
})
