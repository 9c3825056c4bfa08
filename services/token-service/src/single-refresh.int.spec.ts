import { beforeAll, describe, expect, it } from 'vitest'
import type { TokenService } from './service.ts'
import { useTokenWorld } from './testing.ts'

describe('refreshing over several replicas', () => {
  const world = useTokenWorld()
  let replicas: readonly [TokenService, TokenService]

  beforeAll(async () => {
    replicas = [await world.start(), await world.start()]
  })

  it('spends a refresh token once, however many callers and replicas wait for it (B5.66)', async () => {
    const user = await world.issue({ expiresInSeconds: 20 })
    await world.connection(replicas[0], user)
    world.google().addFault({ path: '/token', delayMs: 1_000 })
    const wish = { minValiditySeconds: 600 }
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => world.vend(replicas[index % 2 === 0 ? 0 : 1], user, wish)),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(new Set(answers.map(({ body }) => body.accessToken)).size).toBe(1)
    expect(answers[0]?.body.generation).toBe(2)
    expect(world.refreshCalls()).toHaveLength(1)
  })

  it('serves a usable token at once while Google is slow and while Google is down', async () => {
    const user = await world.issue({ expiresInSeconds: 300 })
    await world.connection(replicas[0], user)
    world.google().addFault({ path: '/token', status: 503, times: null })
    expect((await world.vend(replicas[0], user)).status).toBe(200)
    expect((await world.vend(replicas[1], user)).status).toBe(200)
  })

  it('says when to come back once Google is down and nothing usable is left (B5.67)', async () => {
    const user = await world.issue({ expiresInSeconds: 20 })
    await world.connection(replicas[0], user)
    world.google().addFault({ path: '/token', status: 503, retryAfterSeconds: 7, times: null })
    const { status, body, headers } = await world.vend(replicas[0], user, { minValiditySeconds: 600 })
    expect(status).toBe(503)
    expect(body).toMatchObject({ code: 'google_unavailable', retryAfter: 7 })
    expect(headers.get('retry-after')).toBe('7')
  })

  it('lets a new consent beat a refresh that is under way', async () => {
    const user = await world.issue({ user: 'twice', expiresInSeconds: 20 })
    await world.connection(replicas[0], user)
    world.google().addFault({ path: '/token', delayMs: 2_000 })
    const slow = world.vend(replicas[0], user, { minValiditySeconds: 600 })
    await expect.poll(() => world.google().faults()[0]?.fired, { timeout: 5_000 }).toBe(1)
    const again = await world.issue({ user: 'twice' })
    await world.connection(replicas[1], again, { is: { generation: 2, expiresAt: again.issued.expiresAt } })
    expect((await slow).body.generation).toBe(2)
    expect(await world.connection(replicas[0], again)).toMatchObject({
      generation: 2,
      expiresAt: again.issued.expiresAt,
      status: 'active',
    })
  })
})
