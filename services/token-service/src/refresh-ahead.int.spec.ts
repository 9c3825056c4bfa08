import { openDatabase, sqlOf } from '@evergrant/event-store'
import { beforeAll, describe, expect, it } from 'vitest'
import type { TokenService } from './service.ts'
import { useTokenWorld } from './testing.ts'

describe('refreshing ahead of expiry', () => {
  const world = useTokenWorld()
  let replicas: readonly [TokenService, TokenService]

  beforeAll(async () => {
    replicas = [await world.start(), await world.start()]
  })

  it('happens without anybody asking, once, whichever replica is first', async () => {
    const user = await world.issue({ expiresInSeconds: 1 })
    await world.connection(replicas[1], user, { is: { generation: 2 } })
    expect(world.refreshCalls()).toHaveLength(1)
  })

  it('tries again by itself when Google was down', async () => {
    world.google().addFault({ path: '/token', status: 500, times: 2 })
    const user = await world.issue({ expiresInSeconds: 1 })
    await world.connection(replicas[0], user, { is: { generation: 2, reason: null } })
    expect(world.refreshCalls().map(({ status }) => status)).toEqual([500, 500, 200])
  })

  it('leaves grants alone that nobody has used for a week, but not for a month', async () => {
    const [idle, forgotten] = [await world.issue(), await world.issue()]
    await world.connection(replicas[0], idle)
    await world.connection(replicas[0], forgotten)
    const database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
    const age = (grantId: string, days: number) =>
      sqlOf(database)(
        `with connected as (
           update connection_status set connected_at = now() - make_interval(days => $2::int) where grant_id = $1)
         update grant_schedule set due_at = now() - make_interval(days => $2::int) where grant_id = $1`,
        [grantId, days],
      )
    try {
      await age(idle.grantId, 8)
      await age(forgotten.grantId, 31)
    } finally {
      await database.close()
    }
    await world.connection(replicas[0], forgotten, { is: { generation: 2 } })
    // Due later than the idle one, so whoever claimed this one has seen and left that one.
    const busy = await world.issue({ expiresInSeconds: 1 })
    await world.connection(replicas[0], busy, { is: { generation: 2 } })
    expect(world.refreshCalls()).toHaveLength(2)
    await world.connection(replicas[0], idle, { is: { generation: 1 } })
  })
})
