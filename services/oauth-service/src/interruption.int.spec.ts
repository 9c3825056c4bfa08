import { contracts } from '@evergrant/event-contracts'
import { describe, expect, it } from 'vitest'
import { consentDriver } from './test-kit/consent-driver.ts'
import { startServiceProcess } from './test-kit/service-process.ts'
import { useOauthService } from './testing.ts'

const on = useOauthService()
const { browser, eventsOf, opened, read, somebody } = consentDriver(on)

describe('a process that is killed while Google answers', () => {
  it('leaves an authorization that ends as interrupted, not one that hangs', async () => {
    const { sub, email } = somebody()
    const { id, authorizationUrl } = await opened(sub)
    const doomed = await startServiceProcess(on.environment())
    const visitor = browser(doomed.url)
    const redirect = await visitor.consent(authorizationUrl, { email })

    on.google.addFault({ method: 'POST', path: '/token', delayMs: 60_000 })
    const lost = visitor.open(redirect).catch(() => 'connection lost')
    await expect.poll(() => on.google.faults()[0]?.fired).toBe(1)
    await doomed.kill()
    expect(await lost).toBe('connection lost')
    on.google.clearFaults()

    // Nobody takes the answer a second time, on any replica: the code may be spent.
    expect(await browserLike(visitor, redirect)).toBe(409)
    expect((await read(sub, id)).body.status).toBe('pending')
    on.clock.advance(2 * 60)
    await expect
      .poll(async () => (await read(sub, id)).body)
      .toMatchObject({ status: 'failed', reason: 'interrupted' })
    expect(await eventsOf(contracts.tokenIssued.subject, id)).toEqual([])
  })
})

describe('an authorization nobody finishes', () => {
  it('expires, forgets its secrets, and tells a late browser the truth', async () => {
    const { sub, email } = somebody()
    const unopened = await opened(sub)
    const { id, authorizationUrl } = await opened(sub)
    const visitor = browser()
    const redirect = await visitor.consent(authorizationUrl, { email })
    expect(await on.secretsKept(id)).toBe(2)
    on.clock.advance(10 * 60)
    expect(await visitor.open(redirect)).toMatchObject({
      status: 409,
      body: expect.stringContaining('has expired'),
    })
    expect((await browser().open(unopened.authorizationUrl)).status).toBe(409)
    await expect.poll(() => on.secretsKept(id)).toBe(0)
    for (const each of [id, unopened.id]) expect((await read(sub, each)).body.status).toBe('expired')
  })
})

async function browserLike(visitor: ReturnType<typeof browser>, redirect: string): Promise<number> {
  const again = browser()
  for (const [name, value] of visitor.cookies) again.cookies.set(name, value)
  return (await again.open(redirect)).status
}
