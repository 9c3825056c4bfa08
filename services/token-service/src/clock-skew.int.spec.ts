import { describe, expect, it } from 'vitest'
import { useTokenWorld } from './testing.ts'

describe('a host whose clock is behind', () => {
  const world = useTokenWorld()

  it("hands out no token that has ended by Google's clock", async () => {
    world.google().advanceClock(600)
    const service = await world.start()
    const user = await world.issue({ expiresInSeconds: 300 })
    await world.connection(service, user)
    const { status, body } = await world.vend(service, user)
    expect(status).toBe(200)
    expect(body.generation).toBe(2)
  })
})
