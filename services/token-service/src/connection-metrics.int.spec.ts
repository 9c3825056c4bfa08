import { beforeAll, describe, expect, it } from 'vitest'
import type { TokenService } from './service.ts'
import { useTokenWorld } from './testing.ts'

describe('what a scrape says of connections', () => {
  const world = useTokenWorld()
  let service: TokenService

  beforeAll(async () => {
    service = await world.start({ instanceId: 'one' })
  })

  it('is how many there are in each state, and why, without naming anyone', async () => {
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
})
