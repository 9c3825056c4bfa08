import { contracts } from '@evergrant/event-contracts'
import { describe, expect, it } from 'vitest'
import { consentDriver } from './test-kit/consent-driver.ts'
import { useOauthService } from './testing.ts'

// One guarantee an attack of RFC 9700; mix-up, replay and code injection are in callback-attacks.int.spec.ts as well.
const on = useOauthService()
const { browser, eventsOf, opened, read, request, somebody } = consentDriver(on)

const cookieName = 'evergrant-authorization'
const exchanges = () => on.google.requests({ method: 'POST', path: '/token' }).length

/** Somebody who has consented and whose browser has not come back yet. */
async function returning() {
  const { sub, email } = somebody()
  const { id, authorizationUrl } = await opened(sub)
  const visitor = browser()
  return { sub, email, id, visitor, redirect: await visitor.consent(authorizationUrl, { email }) }
}

describe('session fixation', () => {
  it('a cookie planted in the victim’s browser is worth nothing: the link makes its own', async () => {
    const attacker = await returning()
    const planted = attacker.visitor.cookies.get(cookieName) ?? ''
    const { sub, email } = somebody()
    const { id, authorizationUrl } = await opened(sub)
    const victim = browser()
    victim.cookies.set(cookieName, planted)
    const redirect = await victim.consent(authorizationUrl, { email })
    // Whoever planted the cookie cannot bring the victim's answer.
    expect((await attacker.visitor.open(redirect)).status).toBe(403)
    expect((await victim.open(redirect)).status).toBe(200)
    expect((await read(sub, id)).body.status).toBe('granted')
  })

  it('an answer that the attacker’s own consent gave cannot be finished in the victim’s browser', async () => {
    const attacker = await returning()
    const victim = await returning()
    const before = exchanges()
    expect((await victim.visitor.open(attacker.redirect)).status).toBe(403)
    expect(exchanges()).toBe(before)
    expect(await eventsOf(contracts.tokenIssued.subject, attacker.id)).toEqual([])
  })

  it('a state that was never given out, or of another authorization, finishes nothing', async () => {
    const { id, sub, visitor, redirect } = await returning()
    const other = await returning()
    const mixed = new URL(redirect)
    mixed.searchParams.set('state', new URL(other.redirect).searchParams.get('state') ?? '')
    expect((await visitor.open(mixed.href)).status).toBe(403)
    expect((await read(sub, id)).body.status).toBe('pending')
    expect((await read(other.sub, other.id)).body.status).toBe('pending')
  })
})

describe('an open redirect', () => {
  it.each([
    'https://evil.example/',
    'https://app.example.evil.example/',
    'https://app.example@evil.example/',
    'https://user:pw@app.example/',
    'http://app.example/',
    'https://app.example:8443/',
    '//evil.example/',
    'javascript:alert(1)',
    'data:text/html,hello',
    '/relative',
  ])('to %s is refused when it is asked for', async (returnTo) => {
    const response = await request(somebody().sub, { services: ['calendar'], returnTo })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: 'return_to_not_registered' })
  })

  it('cannot be smuggled in on the way: neither link nor callback reads an address', async () => {
    const { sub, email } = somebody()
    const { authorizationUrl } = await opened(sub, {
      services: ['calendar'],
      returnTo: 'https://app.example/done',
    })
    const evil = {
      returnTo: 'https://evil.example/',
      redirect_uri: 'https://evil.example/',
      next: '//evil.example',
    }
    const withEvil = (url: string) => {
      const changed = new URL(url)
      for (const [name, value] of Object.entries(evil)) changed.searchParams.set(name, value)
      return changed.href
    }
    const visitor = browser()
    const begin = await visitor.open(withEvil(authorizationUrl))
    expect(begin.location).toMatch(on.google.url)
    expect(begin.location).not.toContain('evil')
    const redirect = await visitor.answerGoogle(begin.location ?? '', { email })
    expect((await visitor.open(withEvil(redirect))).location).toMatch(/^https:\/\/app\.example\/done\?/)
  })

  it('cannot begin at an error: a refused callback stays on our page', async () => {
    const visitor = browser()
    const answer = await visitor.open(
      `${on.publicUrl}/v1/oauth/google/callback?state=${'A'.repeat(43)}&error=x&error_uri=https://evil.example`,
    )
    expect(answer).toMatchObject({ status: 400, location: null })
    expect(answer.body).not.toContain('evil')
  })
})

describe('clickjacking', () => {
  it('finds no page that can be framed, run a script, leak its address or be cached', async () => {
    const { visitor, redirect } = await returning()
    const denied = await returning()
    const pages = [
      await visitor.open(redirect),
      await visitor.open(redirect),
      await denied.visitor.open(`${on.publicUrl}/v1/authorizations/${denied.id}/begin?ticket=x`),
      await browser().open(`${on.publicUrl}/v1/oauth/google/callback`),
      await browser().open(`${on.publicUrl}/v1/authorizations/${denied.id}/another?ticket=x`),
    ]
    expect(pages.map(({ status }) => status)).toEqual([200, 409, 404, 400, 404])
    for (const { headers } of pages) {
      const policy = headers.get('content-security-policy') ?? ''
      for (const part of [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "form-action 'none'",
        "base-uri 'none'",
      ]) {
        expect(policy).toContain(part)
      }
      expect(policy).not.toMatch(/script-src|unsafe/)
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('cache-control')).toBe('no-store')
    }
  })
})

describe('cross-site request forgery', () => {
  it('finds nothing to post to: what a browser opens takes no other method', async () => {
    const { sub } = somebody()
    const { id, authorizationUrl } = await opened(sub)
    const { pathname, search } = new URL(authorizationUrl)
    for (const method of ['POST', 'PUT', 'DELETE']) {
      for (const path of [
        `${pathname}${search}`,
        `/v1/authorizations/${id}/another`,
        '/v1/oauth/google/callback',
      ]) {
        const response = await fetch(`${on.service.url}${path}`, { method })
        expect(response.status, `${method} ${path}`).toBe(405)
      }
    }
    expect((await read(sub, id)).body.status).toBe('pending')
  })

  it('gains nothing by a cookie: what an application calls needs a bearer token', async () => {
    const { visitor } = await returning()
    const cookie = `${cookieName}=${visitor.cookies.get(cookieName)}`
    const response = await fetch(`${on.service.url}/v1/authorizations`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json' },
      body: JSON.stringify({ services: ['calendar'] }),
    })
    expect(response.status).toBe(401)
  })
})
