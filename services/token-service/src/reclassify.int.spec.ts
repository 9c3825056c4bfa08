import { openDatabase, sqlOf } from '@evergrant/event-store'
import { beforeAll, describe, expect, it } from 'vitest'
import type { TokenService } from './service.ts'
import { useTokenWorld } from './testing.ts'

describe('a better rule for failures', () => {
  const world = useTokenWorld()
  let service: TokenService

  beforeAll(async () => {
    service = await world.start()
  })

  const replay = (dryRun: boolean, scope = 'admin') =>
    world.call(service, '/v1/connections/reclassifications', {
      sub: 'operator',
      scope,
      method: 'POST',
      body: { dryRun },
    })

  it('is applied to what was recorded: first only said, then done, then nothing is left to do', async () => {
    const [wronged, ended] = [
      await world.issue({ email: 'w@example.com' }),
      await world.issue({ email: 'e@example.com' }),
    ]
    for (const user of [wronged, ended]) {
      await world.connection(service, user)
      world.google().addFault({ path: '/token', status: 400, body: { error: 'invalid_grant' }, times: 1 })
      expect((await world.vend(service, user, { rejectedGeneration: 1 })).status).toBe(409)
    }
    // As if an older rule had taken Google's 503 for a revocation.
    const database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
    await sqlOf(database)(
      `update es.event set data = jsonb_set(data, '{evidence}', '{"httpStatus":503,"error":null,"errorSubtype":null}')
        where type = 'RefreshFailed' and stream_id = $1`,
      [`grant-${wronged.grantId}`],
    )
    await database.close()

    const said = {
      failures: 2,
      changed: [{ from: 'revoked', to: 'transient', failures: 1 }],
      grants: [wronged.grantId],
    }
    expect((await replay(true)).body).toEqual(said)
    expect(await world.connection(service, wronged)).toMatchObject({ status: 'needs_reauthorization' })
    expect((await replay(false)).body).toEqual(said)
    await world.connection(service, wronged, { is: { status: 'active', reason: null } })
    expect((await world.vend(service, wronged)).status).toBe(200)
    expect((await replay(true)).body).toMatchObject({ grants: [] })
    expect(await world.connection(service, ended)).toMatchObject({ reason: 'revoked_at_google' })
  })

  it('is for operators', async () => {
    expect((await replay(true, 'tokens:read')).status).toBe(403)
  })
})
