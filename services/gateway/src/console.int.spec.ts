import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readGatewayConfig } from './config.ts'
import { startGateway } from './service.ts'
import { deadUrl } from './testing/replica.ts'

let gateway: Awaited<ReturnType<typeof startGateway>>

// It comes without any service.
beforeAll(async () => {
  const nobody = await deadUrl()
  const config = readGatewayConfig({
    PUBLIC_URL: 'http://127.0.0.1:8080',
    LOG_LEVEL: 'silent',
    OAUTH_SERVICE_URLS: nobody,
    TOKEN_SERVICE_URLS: nobody,
    CALENDAR_SERVICE_URLS: nobody,
  })
  gateway = await startGateway(config)
})
afterAll(() => gateway.stop())

describe('the console', () => {
  it('comes with everything it names, and lets nothing else run, speak or frame it', async () => {
    const page = await fetch(`${gateway.url}/console`)
    const html = await page.text()
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/)
    const named = [...html.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g)].map(([, path]) => path)
    expect(named.length).toBeGreaterThan(3)
    for (const path of ['/console', ...named]) {
      const file = await fetch(`${gateway.url}${path}`)
      await file.arrayBuffer()
      expect([path, file.status]).toEqual([path, 200])
      const policy = file.headers.get('content-security-policy') ?? ''
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/)
      expect(policy).toContain("connect-src 'self'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/unsafe|\*|https?:/)
      expect(file.headers.get('referrer-policy')).toBe('no-referrer')
      expect(file.headers.get('x-content-type-options')).toBe('nosniff')
    }
  })
  it('costs nothing when it has not changed', async () => {
    const first = await fetch(`${gateway.url}/console/main.js`)
    await first.arrayBuffer()
    const etag = first.headers.get('etag') ?? ''
    expect([first.headers.get('cache-control'), etag]).toEqual(['no-cache', expect.stringMatching(/^"/)])
    const again = await fetch(`${gateway.url}/console/main.js`, { headers: { 'if-none-match': etag } })
    expect(again.status).toBe(304)
  })
  it.each(['/console/explain.spec.ts', '/console/api-shapes.ts', '/console/..%2fpackage.json'])(
    'serves no %s, which no browser needs',
    async (path) => expect((await fetch(`${gateway.url}${path}`)).status).toBe(404),
  )
})
