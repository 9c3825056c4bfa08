import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createBreakerMetrics, createMetrics } from '@evergrant/service-runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createGoogleClock } from './google-clock.ts'
import { createGoogleDiscovery } from './google-discovery.ts'

const elevenMinutesMs = 11 * 60_000

describe('discovery', () => {
  let asked = 0
  let ill = false
  let issuer = ''
  let now = Date.parse('2026-03-01T12:00:00Z')
  const clock = { now: () => new Date(now) }
  const server = createServer((_, response) => {
    asked += 1
    response.writeHead(ill ? 503 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(ill ? {} : { issuer, token_endpoint: `${issuer}/token` }))
  })
  const metrics = createMetrics('test')
  const breakerMetrics = createBreakerMetrics(metrics)
  const open = () =>
    createGoogleDiscovery({ issuer, clock, googleClock: createGoogleClock(clock), metrics: breakerMetrics })

  beforeEach(async () => {
    asked = 0
    ill = false
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })

  it('is asked once for everybody, and its answer kept', async () => {
    const discovery = open()
    const found = await Promise.all([discovery.endpoints(), discovery.endpoints()])
    await discovery.endpoints()
    expect(found[0]?.token_endpoint).toBe(`${issuer}/token`)
    expect(asked).toBe(1)
  })

  it('serves what it knew while it is ill, and then asks nobody for a while', async () => {
    const discovery = open()
    await discovery.endpoints()
    now += elevenMinutesMs
    ill = true
    for (let nth = 0; nth < 6; nth++) {
      expect((await discovery.endpoints()).token_endpoint).toBe(`${issuer}/token`)
    }
    // Half of what the breaker saw were answers after the first failure, so it takes a second one.
    expect(asked).toBe(3)
    expect(await metrics.text()).toContain('breaker_state{dependency="google.discovery",service="test"} 1')
  })

  it('that never answered says so at once, instead of asking again for every caller', async () => {
    const discovery = open()
    ill = true
    await expect(discovery.endpoints()).rejects.toThrow()
    await expect(discovery.endpoints()).rejects.toMatchObject({ code: 'dependency_unavailable' })
    expect(asked).toBe(1)
  })
})
