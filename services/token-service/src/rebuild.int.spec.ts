import {
  createPostgresEventStore,
  type Database,
  openDatabase,
  rebuildProjection,
  sqlOf,
} from '@evergrant/event-store'
import { systemClock } from '@evergrant/service-runtime'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { grantFactCatalogue } from './domain/grant-facts.ts'
import { rebuildable } from './rebuildable.ts'
import type { TokenService } from './service.ts'
import { type Connected, useTokenWorld } from './testing.ts'

const readModels = [
  'grant_state',
  'user_oauth_tokens',
  'connection_status',
  'grant_schedule',
  'grant_trouble',
  'issued_refresh_token',
]
const notInFacts = ['vault_data_key', 'vault_secret', 'token_vend', 'connection_use']

describe('the read models of grants, rebuilt from facts while the service runs', () => {
  const world = useTokenWorld()
  let service: TokenService
  let database: Database
  let refreshed: Connected

  const rowsOf = async (tables: readonly string[]) => {
    const rows = []
    for (const table of tables)
      rows.push([table, await sqlOf(database)(`select * from ${table} t order by to_jsonb(t)::text`)])
    return Object.fromEntries(rows)
  }
  const rebuild = async (options: { readonly dryRun?: boolean } = {}) => {
    const facts = grantFactCatalogue
    const store = createPostgresEventStore({
      ...{ database, source: 'token-service', facts, projections: [] },
      clock: systemClock,
    })
    let wrong = 0
    for (const projection of rebuildable)
      wrong += (await rebuildProjection({ store, database, projection, ...options })).wrong
    return wrong
  }
  const vendRefused = async (user: Connected) => {
    world.google().addFault({ path: '/token', status: 400, body: { error: 'invalid_grant' }, times: 1 })
    expect((await world.vend(service, user, { rejectedGeneration: 1 })).status).toBe(409)
  }

  beforeAll(async () => {
    service = await world.start()
    database = await openDatabase({ url: world.database.serviceUrl, applicationName: 'spec' })
    refreshed = await world.issue({ user: 'ann', email: 'ann@example.com', services: ['calendar', 'gmail'] })
    await world.connection(service, refreshed)
    expect((await world.vend(service, refreshed, { rejectedGeneration: 1 })).status).toBe(200)

    const ended = await world.issue({ user: 'bob', email: 'bob@example.com' })
    await world.connection(service, ended)
    await vendRefused(ended)
    const revived = await world.issue({ user: 'cat', email: 'cat@example.com' })
    await world.connection(service, revived)
    await vendRefused(revived)
    await world.issue({ user: 'cat', email: 'cat@example.com' })
    await world.connection(service, revived, { is: { status: 'active', generation: 2 } })
    const left = await world.issue({ user: 'dan', email: 'dan@example.com' })
    await world.connection(service, left)
    await world.call(service, `/v1/connections/${left.connectionId()}`, { sub: 'dan', method: 'DELETE' })
    const stillToTell = "select 1 from grant_schedule where task = 'revoke'"
    await vi.waitFor(async () => expect(await sqlOf(database)(stillToTell)).toEqual([]), { timeout: 5_000 })
  })
  afterAll(() => database.close())

  it('are what they were, whatever had become of their rows, and Google is not asked', async () => {
    const before = await rowsOf(readModels)
    for (const table of readModels) expect(before[table], table).not.toEqual([])
    const secrets = await rowsOf(notInFacts)
    expect(await rebuild({ dryRun: true })).toBe(0)

    const sql = sqlOf(database)
    await sql('delete from grant_state where grant_id = $1', [refreshed.grantId])
    await sql(`update grant_state set state = state || '{"scopes": []}', status = 'revoked'`)
    await sql(
      `update user_oauth_tokens set scope = null, token_expiry = now(), access_token = 'vault:elsewhere'`,
    )
    await sql(`update connection_status set status = 'active', reason = null, since = now()`)
    await sql('delete from grant_trouble where generation = 1')
    await sql('update issued_refresh_token set issued_at = now(), superseded_at = now()')
    await sql(
      `insert into issued_refresh_token (grant_id, generation, issuer, account_id, issued_at)
       values ($1, 99, 'nobody', 'nobody', now())`,
      [refreshed.grantId],
    )
    const damaged = await rowsOf(readModels)
    world.google().clearRequests()
    const found = await rebuild({ dryRun: true })
    expect(found).toBeGreaterThan(10)
    expect(await rowsOf(readModels)).toEqual(damaged)
    expect(await rebuild()).toBe(found)
    expect(await rowsOf(readModels)).toEqual(before)
    expect(await rowsOf(notInFacts)).toEqual(secrets)
    expect(await rebuild({ dryRun: true })).toBe(0)
    expect(world.google().requests({})).toEqual([])
    expect((await world.vend(service, refreshed)).status).toBe(200)
  })

  it('keep when a grant is looked at next, which those who looked have said', async () => {
    const put = "update grant_schedule set due_at = '2099-01-01', claimed_until = '2099-01-01'"
    await sqlOf(database)(put)
    const before = await rowsOf(['grant_schedule'])
    expect(await rebuild()).toBe(0)
    expect(await rowsOf(['grant_schedule'])).toEqual(before)
  })
})
