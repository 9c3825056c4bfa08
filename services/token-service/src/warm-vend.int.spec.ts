import { setTimeout as pause } from 'node:timers/promises'
import { openDatabase, sqlOf } from '@evergrant/event-store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trustedForMs } from './application/warm-tokens.ts'
import { grantStreamOf } from './domain/grant-facts.ts'
import type { TokenService } from './service.ts'
import { type Connected, useTokenWorld } from './testing.ts'

describe('a warm vend', () => {
  const world = useTokenWorld()
  let replicas: readonly [TokenService, TokenService]
  let database: Awaited<ReturnType<typeof openDatabase>>

  beforeAll(async () => {
    replicas = [await world.start(), await world.start()]
    database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
  })
  afterAll(() => database.close())

  /** No statement can read a token while this holds. */
  const withTokensLocked = (work: () => Promise<void>) =>
    database.em().transactional(async (em) => {
      await em.execute('lock table user_oauth_tokens, vault_secret, vault_data_key, grant_state')
      await work()
    })

  const warmedUp = async (connected: Connected) => {
    await world.connection(replicas[0], connected)
    for (const replica of replicas) expect((await world.vend(replica, connected)).status).toBe(200)
    // A first look at the facts has to have happened before anything is kept.
    await expect
      .poll(
        async () => {
          let served = 0
          for (const replica of replicas) await world.vend(replica, connected)
          await withTokensLocked(async () => {
            const answers = replicas.map((replica) => world.vend(replica, connected).catch(() => undefined))
            const soon = pause(300).then(() => undefined)
            for (const answer of answers)
              if ((await Promise.race([answer, soon]))?.status === 200) served += 1
          })
          return served
        },
        { timeout: 10_000 },
      )
      .toBe(2)
  }

  it('asks the database nothing', async () => {
    const user = await world.issue()
    await warmedUp(user)
    // A look that comes late finds the grant's first facts once more and forgets it: that is one vend from the tables, and
    // under the lock it would wait for this test.
    const answeredWhileLocked = async () => {
      const answered: number[] = []
      let whileLocked: readonly number[] = []
      await withTokensLocked(async () => {
        const vends = Array.from({ length: 50 }, () =>
          world.vend(replicas[0], user).then(({ status }) => answered.push(status)),
        )
        await Promise.race([Promise.all(vends), pause(2_000)])
        whileLocked = [...answered]
      })
      return whileLocked
    }
    const allAnswered = Array.from({ length: 50 }, () => 200)
    await expect.poll(answeredWhileLocked, { timeout: 15_000 }).toEqual(allAnswered)
    const vendsOnRecord = async () => {
      const path = `/v1/connections/${user.connectionId()}/history?limit=200`
      const { body } = await world.call(replicas[0], path, { sub: user.user })
      return body.items?.filter(({ type }) => type === 'AccessTokenVended').length
    }
    await expect.poll(vendsOnRecord, { timeout: 5_000 }).toBeGreaterThan(50)
  })

  it('ends on every replica as soon as the connection is disconnected on one', async () => {
    const user = await world.issue({ user: 'warm-a' })
    await warmedUp(user)
    const path = `/v1/connections/${user.connectionId()}`
    expect((await world.call(replicas[0], path, { sub: 'warm-a', method: 'DELETE' })).status).toBe(202)
    expect((await world.vend(replicas[0], user)).status).toBe(409)
    await expect
      .poll(async () => (await world.vend(replicas[1], user)).status, { timeout: trustedForMs })
      .toBe(409)
  })

  it('ends within the bound although no signal told of it', async () => {
    const user = await world.issue({ user: 'warm-b' })
    await warmedUp(user)
    // Written by somebody who tells nobody: only the look at the facts can find it.
    await sqlOf(database)(
      `with moved as (update grant_state set status = 'revoked',
         state = jsonb_set(jsonb_set(state, '{status}', '"revoked"'), '{reason}', '"revoked_by_admin"')
         where grant_id = $1 returning stream_id)
       select es.append(moved.stream_id, 'grant', 'any', 0, $2::jsonb, '{}'::jsonb, now(), '[]'::jsonb, null) from moved`,
      [
        user.grantId,
        JSON.stringify([
          {
            type: 'GrantRevoked',
            schemaVersion: 1,
            schema_version: 1,
            data: {
              generation: 1,
              by: 'admin',
              reason: 'revoked_by_admin',
              revokedAt: new Date().toISOString(),
            },
          },
        ]),
      ],
    )
    const facts = await sqlOf(database)('select 1 from es.event where stream_id = $1', [
      grantStreamOf(user.grantId),
    ])
    expect(facts).toHaveLength(3)
    for (const replica of replicas) {
      await expect
        .poll(async () => (await world.vend(replica, user)).status, { timeout: trustedForMs })
        .toBe(409)
    }
  })
})
