import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readGatewayConfig } from './config.ts'
import { startGateway } from './service.ts'
import { listen, Replica } from './testing/replica.ts'

const service = new Replica()
const environment = { PUBLIC_URL: 'http://127.0.0.1:8080', LOG_LEVEL: 'silent' }

beforeAll(async () => {
  const url = await listen(service.server)
  Object.assign(environment, {
    OAUTH_SERVICE_URLS: url,
    TOKEN_SERVICE_URLS: url,
    CALENDAR_SERVICE_URLS: url,
  })
})
afterAll(() => {
  service.server.closeAllConnections()
  service.server.close()
})

describe('limits at the edge', () => {
  const open = async (own: Record<string, string>, use: (url: string) => Promise<void>) => {
    const limited = await startGateway(
      readGatewayConfig({ ...environment, RATE_LIMIT_STRANGERS_PER_SECOND: '1', ...own }),
    )
    await use(limited.url).finally(() => limited.stop())
  }
  const statuses = async (times: number, url: string, headers: Record<string, string> = {}) => {
    const all: number[] = []
    for (let nth = 0; nth < times; nth++) all.push((await fetch(url, { headers })).status)
    return all
  }

  it('hold for each client behind a proxy that is trusted, and the services never hear of what is too much', () =>
    open({ TRUSTED_PROXIES: 'loopback' }, async (url) => {
      let heard = 0
      service.handle = (_request, response) => {
        heard++
        response.end()
      }
      const page = `${url}/v1/authorizations/1/begin`
      const greedy = { 'x-forwarded-for': '198.51.100.1' }
      expect(await statuses(20, page, greedy)).toContain(429)
      expect(heard).toBeLessThan(20)
      const refused = await fetch(page, { headers: greedy })
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
      expect(await statuses(1, page, { 'x-forwarded-for': '198.51.100.2' })).toEqual([200])
    }))

  it('believe no X-Forwarded-For unless somebody said whose', () =>
    open({}, async (url) => {
      const all: number[] = []
      for (let nth = 0; nth < 20; nth++) {
        const headers = { 'x-forwarded-for': `198.51.100.${nth}` }
        all.push(...(await statuses(1, `${url}/v1/authorizations/1/begin`, headers)))
      }
      expect(all).toContain(429)
    }))

  it('leave callers to the service that knows them, whose 429 and Retry-After pass through', () =>
    open({}, async (url) => {
      const answer = JSON.stringify({ code: 'too_many_requests', retryAfter: 7 })
      service.handle = (_request, response) => {
        response.writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': '7' })
        response.end(answer)
      }
      for (let nth = 0; nth < 10; nth++) {
        const headers = { authorization: 'Bearer x' }
        const passed = await fetch(`${url}/v1/authorizations/1`, { headers })
        expect([passed.headers.get('retry-after'), await passed.text()]).toEqual(['7', answer])
      }
    }))
})
