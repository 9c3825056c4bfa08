import { describe, expect, it } from 'vitest'
import { consentDriver } from './test-kit/consent-driver.ts'
import { useOauthService } from './testing.ts'

const on = useOauthService()
const { somebody } = consentDriver(on)
const few = { RATE_LIMIT_COMMANDS_PER_MINUTE: 6, RATE_LIMIT_COMMANDS_BURST: 2 }

describe('two callers at one service', () => {
  it('the greedy one is refused and told when to come back, the other is served, and then both are', async () => {
    const service = await on.start(few)
    const [greedy, other] = [somebody().sub, somebody().sub]
    const ask = async (sub: string) =>
      fetch(`${service.url}/v1/authorizations`, {
        method: 'POST',
        headers: { authorization: await on.issuer.bearer(sub), 'content-type': 'application/json' },
        body: JSON.stringify({ services: ['calendar'] }),
      })
    expect([(await ask(greedy)).status, (await ask(greedy)).status]).toEqual([201, 201])
    const refused = await ask(greedy)
    const retryAfter = Number(refused.headers.get('retry-after'))
    expect([refused.status, (await refused.json()) as object]).toEqual([
      429,
      expect.objectContaining({ code: 'too_many_requests', retryAfter }),
    ])
    expect(retryAfter).toBeGreaterThan(0)
    expect((await ask(other)).status).toBe(201)
    on.clock.advance(retryAfter)
    expect((await ask(greedy)).status).toBe(201)
  })

  it('a greedy browser does not keep those out who come through the same gateway', async () => {
    const service = await on.start({ ...few, RATE_LIMIT_STRANGERS_PER_SECOND: 1 })
    const page = async (client: string) => {
      const url = `${service.url}/v1/authorizations/00000000-0000-4000-8000-000000000000/begin`
      return (await fetch(url, { headers: { 'x-forwarded-for': client } })).status
    }
    const statuses: number[] = []
    for (let nth = 0; nth < 20; nth++) statuses.push(await page('198.51.100.1'))
    expect(statuses).toContain(429)
    expect(await page('198.51.100.2')).not.toBe(429)
  })
})
