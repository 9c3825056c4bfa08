import { openDatabase, sqlOf } from '@evergrant/event-store'
import { beforeAll, describe, expect, it } from 'vitest'
import type { TokenService } from './service.ts'
import { useTokenWorld } from './testing.ts'

describe('a column that somebody dropped by hand', () => {
  const world = useTokenWorld()
  let service: TokenService

  beforeAll(async () => {
    service = await world.start()
  })

  const alter = async (change: string) => {
    const database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
    try {
      await sqlOf(database)(`alter table user_oauth_tokens ${change}`)
    } finally {
      await database.close()
    }
  }

  it('takes tokens away with 503 schema_drift, nothing else, and only until it is back', async () => {
    const user = await world.issue()
    await world.connection(service, user)
    await alter('drop column scope')
    const refused = await world.vend(service, user)
    expect(refused.status).toBe(503)
    expect(refused.body).toMatchObject({ code: 'schema_drift', retryAfter: expect.any(Number) })
    const looking = await world.call(service, `/v1/connections/${user.connectionId()}`, { sub: user.user })
    expect(looking.status).toBe(200)
    expect((await world.call(service, '/v1/connections', { sub: user.user })).status).toBe(200)
    const ready = await fetch(`${service.url}/health/ready`)
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({
      capabilities: expect.arrayContaining([
        expect.objectContaining({ name: 'token.read', status: 'unavailable', reason: 'schema_drift' }),
      ]),
    })
    const google = await world.call(service, '/v1/google/health', { sub: user.user })
    expect(google.body.items).toContainEqual(
      expect.objectContaining({ service: 'calendar', status: 'unavailable', reason: 'token_queries_fail' }),
    )

    const late = await world.issue({ user: 'late' })
    await alter('add column scope text')
    expect((await world.vend(service, user)).status).toBe(200)
    await world.connection(service, late)
  })
})
