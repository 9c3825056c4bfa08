import { contracts } from '@evergrant/event-contracts'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { consentDriver } from './test-kit/consent-driver.ts'
import { useOauthService } from './testing.ts'

const on = useOauthService()
const { browser, eventOf, eventsOf, opened, read, request, somebody } = consentDriver(on)

const exchanges = () => on.google.requests({ method: 'POST', path: '/token' }).length

/** A visitor who has been to Google and is about to come back. */
async function returning() {
  const { sub, email } = somebody()
  const { id, authorizationUrl } = await opened(sub)
  const visitor = browser()
  const redirect = await visitor.consent(authorizationUrl, { email })
  return { sub, email, id, authorizationUrl, visitor, redirect }
}

function changed(redirect: string, change: (parameters: URLSearchParams) => void): string {
  const url = new URL(redirect)
  change(url.searchParams)
  return url.href
}

afterEach(() => on.google.clearFaults())

describe("Google's answer", () => {
  it('is refused from another browser (code injection): no code is spent, and it still works in the right one', async () => {
    const { sub, id, visitor, redirect } = await returning()
    const before = exchanges()
    const stranger = browser()
    expect((await stranger.open(redirect)).status).toBe(403)
    // A browser that is bound, but to somebody else's authorization (RFC 9700 4.7: code injection).
    const other = await returning()
    expect((await other.visitor.open(redirect)).status).toBe(403)
    expect(exchanges()).toBe(before)
    expect((await read(sub, id)).body.status).toBe('pending')

    expect((await visitor.open(redirect)).status).toBe(200)
    expect((await read(sub, id)).body.status).toBe('granted')
  })

  it('works once: a replay changes nothing', async () => {
    const { sub, id, visitor, redirect } = await returning()
    expect((await visitor.open(redirect)).status).toBe(200)
    const before = exchanges()
    const replay = await visitor.open(redirect)
    expect(replay).toMatchObject({ status: 409, body: expect.stringContaining('already been used') })
    expect((await visitor.open(changed(redirect, (p) => p.set('code', 'another')))).status).toBe(409)
    expect(exchanges()).toBe(before)
    expect((await read(sub, id)).body.status).toBe('granted')
  })

  it('that arrives twice at once, at two replicas, spends its code once and issues tokens once', async () => {
    const second = await on.start()
    const { id, visitor, redirect } = await returning()
    const twin = browser(second.url)
    for (const [name, value] of visitor.cookies) twin.cookies.set(name, value)
    const before = exchanges()
    const answers = await Promise.all([visitor, twin, visitor, twin].map((each) => each.open(redirect)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409])
    expect(exchanges()).toBe(before + 1)
    await eventOf(contracts.tokenIssued.subject, id)
  })

  it.each([
    ['an unknown state', (p: URLSearchParams) => p.set('state', 'A'.repeat(43)), 400],
    ['no state', (p: URLSearchParams) => p.delete('state'), 400],
    ['a state of another shape', (p: URLSearchParams) => p.set('state', "'; drop table --"), 400],
    ['a repeated state', (p: URLSearchParams) => p.append('state', 'x'), 400],
    ['a repeated code', (p: URLSearchParams) => p.append('code', 'x'), 400],
    ['neither code nor error', (p: URLSearchParams) => p.delete('code'), 400],
    ['an endless code and no state', (p: URLSearchParams) => p.delete('state'), 400],
  ])('with %s gets an honest page and loses nothing', async (_what, change, status) => {
    const { sub, id, visitor, redirect } = await returning()
    const answer = await visitor.open(changed(redirect, change))
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toContain('text/html')
    expect((await read(sub, id)).body.status).toBe('pending')
    expect((await visitor.open(redirect)).status).toBe(200)
  })

  it('from another issuer is a mix-up: the code is sent nowhere (RFC 9207)', async () => {
    const { sub, id, visitor, redirect } = await returning()
    const before = exchanges()
    const foreign = changed(redirect, (p) => p.set('iss', 'https://evil.example'))
    expect(await visitor.open(foreign)).toMatchObject({
      status: 200,
      body: expect.stringContaining('Not connected'),
    })
    expect(exchanges()).toBe(before)
    expect((await read(sub, id)).body).toMatchObject({ status: 'failed', reason: 'issuer_mismatch' })
  })

  it('without the issuer that Google always names is refused as well', async () => {
    const { sub, id, visitor, redirect } = await returning()
    await visitor.open(changed(redirect, (p) => p.delete('iss')))
    expect((await read(sub, id)).body).toMatchObject({ status: 'failed', reason: 'issuer_mismatch' })
  })

  it('with the code of another authorization fails: its PKCE challenge does not fit', async () => {
    const mine = await returning()
    const theirs = await returning()
    const code = new URL(theirs.redirect).searchParams.get('code') ?? ''
    await mine.visitor.open(changed(mine.redirect, (p) => p.set('code', code)))
    expect((await read(mine.sub, mine.id)).body).toMatchObject({ status: 'failed', reason: 'code_rejected' })
    expect(await eventsOf(contracts.tokenIssued.subject, mine.id)).toEqual([])
  })

  it('with an error nobody knows is a failure and not repeated', async () => {
    const { sub, id, visitor, redirect } = await returning()
    const odd = changed(redirect, (p) => {
      p.delete('code')
      p.set('error', '<script>alert(1)</script>')
    })
    const page = await visitor.open(odd)
    expect(page.status).toBe(200)
    expect(page.body).not.toContain('<script')
    expect((await read(sub, id)).body).toMatchObject({ status: 'failed', reason: 'unrecognized_error' })
  })
})

describe('the one-time link', () => {
  it('opens once, and says so the second time', async () => {
    const { authorizationUrl } = await returning()
    expect(await browser().open(authorizationUrl)).toMatchObject({
      status: 409,
      body: expect.stringContaining('already been used'),
    })
  })
  it('is not used up by a program that only looks at it', async () => {
    const { sub } = somebody()
    const { authorizationUrl } = await opened(sub)
    const { pathname, search } = new URL(authorizationUrl)
    const look = await fetch(`${on.service.url}${pathname}${search}`, { method: 'HEAD' })
    expect(look.status).toBe(405)
    expect((await browser().open(authorizationUrl)).status).toBe(302)
  })
  it('opens for one browser when two open it at once', async () => {
    const { sub } = somebody()
    const { authorizationUrl } = await opened(sub)
    const answers = await Promise.all([browser(), browser()].map((each) => each.open(authorizationUrl)))
    expect(answers.map(({ status }) => status).sort()).toEqual([302, 409])
  })
  it.each([
    ['without a ticket', (url: URL) => url.searchParams.delete('ticket')],
    ['with another ticket', (url: URL) => url.searchParams.set('ticket', 'B'.repeat(43))],
    ['with two tickets', (url: URL) => url.searchParams.append('ticket', 'x')],
    ['for no authorization', (url: URL) => (url.pathname = '/v1/authorizations/nonsense/begin')],
  ])('does not open %s, and tells nothing', async (_what, change) => {
    const { sub } = somebody()
    const { authorizationUrl } = await opened(sub)
    const url = new URL(authorizationUrl)
    change(url)
    const answer = await browser().open(url.href)
    expect(answer).toMatchObject({ status: 404, body: expect.stringContaining('no such authorization') })
    expect((await browser().open(authorizationUrl)).status).toBe(302)
  })
  it('cannot be framed, cached, or leak its address', async () => {
    const { sub } = somebody()
    const { authorizationUrl } = await opened(sub)
    const { headers } = await browser().open(authorizationUrl)
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.getSetCookie()).toEqual([expect.stringMatching(/HttpOnly; SameSite=Lax/)])
  })
})

describe('while Google is ill', () => {
  it.each([
    ['answers 503', { status: 503 }, 'google_unavailable'],
    ['drops the connection', { resetSocket: 'before' }, 'google_unavailable'],
    ['loses its answer', { resetSocket: 'after' }, 'google_unavailable'],
    ['refuses the client', { status: 401, body: { error: 'invalid_client' } }, 'client_misconfigured'],
    ['refuses the code', { status: 400, body: { error: 'invalid_grant' } }, 'code_rejected'],
    ['answers nonsense', { status: 200, body: { hello: 'world' } }, 'exchange_failed'],
  ] as const)(
    'and %s, the authorization fails with its reason and an honest page',
    async (_what, fault, reason) => {
      const { sub, id, visitor, redirect } = await returning()
      on.google.addFault({ method: 'POST', path: '/token', ...fault })
      const page = await visitor.open(redirect)
      expect(page).toMatchObject({ status: 200, body: expect.stringContaining('Not connected') })
      expect((await read(sub, id)).body).toMatchObject({ status: 'failed', reason })
    },
  )
})

describe('whatever a browser brings', () => {
  const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 4000 }), fc.webUrl())
  const parameter = fc.tuple(
    fc.constantFrom('state', 'code', 'error', 'iss', 'scope', 'response', 'ticket', 'prompt'),
    anything,
  )
  const query = fc.array(parameter, { maxLength: 8 }).map((pairs) => new URLSearchParams(pairs).toString())

  it('is answered with a page and never with a server error', async () => {
    const { sub } = somebody()
    const { id } = await opened(sub)
    const paths = [
      `/v1/authorizations/${id}/begin`,
      `/v1/authorizations/${id}/another`,
      '/v1/oauth/google/callback',
    ]
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), query, async (path, search) => {
        const { status, headers } = await browser().open(`${on.publicUrl}${path}?${search}`)
        expect(status).toBeGreaterThanOrEqual(400)
        expect(status).toBeLessThan(500)
        expect(headers.get('content-type')).toContain('text/html')
      }),
      { numRuns: 200 },
    )
    expect((await read(sub, id)).body.status).toBe('pending')
  })

  it('is refused or understood when an application brings it, and never a server error', async () => {
    const field = fc.constantFrom('services', 'access', 'returnTo', 'loginHint', 'connectionId', 'surprise')
    const right = fc.constantFrom(['calendar'], 'read', 'https://app.example/', 'a@example.com')
    const body = fc.dictionary(field, fc.oneof(right, fc.jsonValue(), fc.string({ unit: 'binary' })))
    await fc.assert(
      fc.asyncProperty(fc.oneof(body, fc.jsonValue()), async (wish) => {
        const response = await request(somebody().sub, wish)
        expect([201, 400, 404, 422]).toContain(response.status)
        const type = response.headers.get('content-type')
        expect(type).toContain(response.status === 201 ? 'application/json' : 'application/problem+json')
      }),
      { numRuns: 150 },
    )
  })

  it('is never an outcome with a server error, even with the right state', async () => {
    await fc.assert(
      fc.asyncProperty(query, async (search) => {
        const { visitor, redirect } = await returning()
        const state = new URL(redirect).searchParams.get('state') ?? ''
        const parameters = new URLSearchParams(search)
        parameters.set('state', state)
        const { status } = await visitor.open(`${on.publicUrl}/v1/oauth/google/callback?${parameters}`)
        expect(status).toBeLessThan(500)
      }),
      { numRuns: 40 },
    )
  })
})
