import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { TokenService } from './service.ts'
import { useTokenWorld } from './testing.ts'

describe('what a scrape says', () => {
  const world = useTokenWorld()
  let service: TokenService

  beforeAll(async () => {
    service = await world.start({ instanceId: 'one' })
  })

  it('of connections is how many there are in each state, and why, without naming anyone', async () => {
    for (const user of ['metrics-anna', 'metrics-ben']) {
      await world.connection(service, await world.issue({ expiresInSeconds: 3_599, user }))
    }
    const text = await (await fetch(`${service.url}/metrics`)).text()
    const lines = text.split('\n').filter((line) => line.startsWith('evergrant_connections{'))
    expect(lines).toContainEqual(
      expect.stringMatching(
        /google_service="calendar",status="active",reason="",service="token-service"} 2$/,
      ),
    )
    expect(text).not.toMatch(/metrics-anna|metrics-ben/)
  })

  it('of events from others is that its own consumer is there, and that nothing waits once all is done', async () => {
    await world.connection(service, await world.issue({ expiresInSeconds: 3_599 }))
    await vi.waitFor(
      async () => {
        const text = await (await fetch(`${service.url}/metrics`)).text()
        expect(text).toMatch(/^evergrant_consumer_found{stream="OAUTH",[^}]*} 1$/m)
        expect(text).toMatch(/^evergrant_consumer_oldest_unprocessed_seconds{stream="OAUTH",[^}]*} 0$/m)
      },
      { timeout: 10_000 },
    )
  })
})
