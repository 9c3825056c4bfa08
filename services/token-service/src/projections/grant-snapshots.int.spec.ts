import { type Database, openDatabase, sqlOf } from '@evergrant/event-store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TokenService } from '../service.ts'
import { type Connected, useTokenWorld } from '../testing.ts'
import { grantShape } from './grant-snapshots.ts'

describe('a grant with a long log', () => {
  const world = useTokenWorld()
  let service: TokenService
  let owner: Database
  let user: Connected
  let generation = 1

  const sql = (text: string) => sqlOf(owner)<Record<string, unknown>>(text, [`grant-${user.grantId}`])
  const refreshes = async () => {
    generation += 1
    await sql(
      `update grant_schedule s set due_at = now() from grant_state g
        where g.grant_id = s.grant_id and g.stream_id = $1`,
    )
    await world.connection(service, user, { is: { generation } })
  }
  const row = async () =>
    (
      await sql(
        `select g.state, g.version, g.shape, s.version as "streamVersion"
           from grant_state g join es.stream s using (stream_id) where stream_id = $1`,
      )
    )[0]

  beforeAll(async () => {
    service = await world.start()
    owner = await openDatabase({ url: world.database.url, applicationName: 'spec' })
    user = await world.issue()
    await world.connection(service, user)
  })
  afterAll(() => owner.close())

  it('is folded up to the newest fact of its stream', async () => {
    await refreshes()
    const { version, streamVersion, shape } = (await row()) ?? {}
    expect(version).toBe(streamVersion)
    expect(shape).toBe(grantShape)
  })

  it.each([
    ['that an older process has left behind', 'version = version - 1'],
    ['of another shape', 'shape = shape + 1'],
  ])('is folded anew from the log instead of a row %s', async (_, change) => {
    await sql(
      `update grant_state set ${change}, state = state || '{"refreshTokenSince": "1999-01-01T00:00:00Z"}' where stream_id = $1`,
    )
    await refreshes()
    const { version, streamVersion, state } = (await row()) ?? {}
    expect(version).toBe(streamVersion)
    expect(state).toMatchObject({ generation, refreshTokenSince: expect.stringMatching(/^20/) })
  })

  it('is refreshed without one of its facts being read again', async () => {
    await sql('create table log_of_before as select * from es.event where stream_id = $1')
    await sql('delete from es.event where stream_id = $1')
    await refreshes()
    const left = await sql('select type from es.event where stream_id = $1 order by version')
    expect(left.map(({ type }) => type)).toEqual(['RefreshStarted', 'GrantRefreshed'])
  })
})
