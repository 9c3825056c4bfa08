import { openDatabase, type Sql, sqlOf } from '@evergrant/event-store'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { livingGrants, recentTroubles } from './projections/grant-troubles.ts'
import { siblingsOf } from './projections/issued-refresh-tokens.ts'
import type { TokenService } from './service.ts'
import { type Connected, useTokenWorld } from './testing.ts'

describe('grants that ended together', () => {
  const world = useTokenWorld()
  let service: TokenService

  beforeAll(async () => {
    service = await world.start()
  })

  const cohorts = async () => {
    const { status, body } = await world.call(service, '/v1/grants/cohorts', { sub: 'ops', scope: 'admin' })
    expect(status).toBe(200)
    return body as typeof body & { crowdedAccounts: readonly object[] }
  }
  const connected = async (user: string, email: string) => {
    const issued = await world.issue({ user, email })
    await world.connection(service, issued)
    return issued
  }
  const refresh = (user: Connected) => world.vend(service, user, { rejectedGeneration: 1 })
  const die = async (user: Connected, error = 'invalid_grant') => {
    world.google().addFault({ path: '/token', status: 400, body: { error }, times: 1 })
    expect((await refresh(user)).status).toBe(409)
  }

  it('are told to operators only', async () => {
    expect((await world.call(service, '/v1/grants/cohorts', { sub: 'alice' })).status).toBe(403)
    expect(await cohorts()).toMatchObject({ items: [], crowdedAccounts: [], lookedAt: { all: true } })
  })

  it('show the domain whose people all lost access, what to do, and some connections, also after a reconnect', async () => {
    const others = [
      await connected('other-a', 'a@gmail.com'),
      await connected('other-b', 'b@elsewhere.example'),
    ]
    const staff: Connected[] = []
    for (const name of ['ann', 'bob', 'cyd']) staff.push(await connected(name, `${name}@corp.example`))
    for (const user of staff) await die(user)
    expect((await cohorts()).items).toMatchObject([{ reason: 'admin_policy', confidence: 'possible' }])

    for (const user of others) expect((await refresh(user)).status).toBe(200)
    await connected('ann', 'ann@corp.example')
    const [cohort, ...more] = (await cohorts()).items ?? []
    expect(more).toEqual([])
    expect(cohort).toMatchObject({
      reason: 'admin_policy',
      confidence: 'likely',
      cause: expect.stringContaining('administrator'),
      action: { kind: 'contact_operator', description: expect.stringContaining('Ask the administrator') },
      count: 3,
      accounts: 3,
      domain: 'corp.example',
      open: true,
    })
    expect(new Set((cohort as unknown as { connectionIds: string[] }).connectionIds)).toEqual(
      new Set(staff.map((user) => user.connectionId())),
    )
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    expect(metrics).toMatch(/evergrant_grant_cohort_grants\{reason="admin_policy".*\} 3/)
  })

  it('forget a fault of our own client once a refresh succeeds', async () => {
    const user = await connected('dora', 'dora@gmail.com')
    world.google().addFault({ path: '/token', status: 401, body: { error: 'invalid_client' }, times: 1 })
    expect((await refresh(user)).status).toBe(503)
    const ofClient = async () =>
      (await cohorts()).items?.filter((item) => item.reason === 'client_misconfigured') ?? []
    expect(await ofClient()).toMatchObject([{ confidence: 'certain', count: 1 }])
    const retried = await world.call(service, `/v1/connections/${user.connectionId()}/refresh`, {
      sub: user.user,
      method: 'POST',
    })
    expect(retried.status).toBe(200)
    expect(await ofClient()).toEqual([])
  })

  it('name the limit of a hundred when the oldest of an account is displaced, and warn before it', async () => {
    const email = 'load-test@example.com'
    const oldest = await connected('load-0', email)
    for (let index = 1; index < 95; index += 1) await world.issue({ user: `load-${index}`, email })
    const crowd = (refreshTokens: number) =>
      vi.waitFor(async () => expect((await cohorts()).crowdedAccounts).toMatchObject([{ refreshTokens }]), {
        timeout: 20_000,
        interval: 200,
      })
    await crowd(95)
    expect((await cohorts()).crowdedAccounts).toMatchObject([
      {
        reason: 'refresh_token_limit',
        accountId: oldest.issued.account.id,
        limit: 100,
        nextToGo: [oldest.connectionId()],
      },
    ])
    for (let index = 95; index < 101; index += 1) await world.issue({ user: `load-${index}`, email })
    await crowd(101)
    // No fault is planted: the emulator has dropped it as Google does.
    expect((await refresh(oldest)).body).toMatchObject({ reason: 'refresh_token_limit' })
    expect(await world.connection(service, oldest)).toMatchObject({
      status: 'needs_reauthorization',
      reason: 'refresh_token_limit',
      action: { description: expect.stringContaining('a hundred') },
    })
    await crowd(100)
    expect((await cohorts()).items).toContainEqual(
      expect.objectContaining({ reason: 'refresh_token_limit', count: 1, accounts: 1 }),
    )
  }, 60_000)

  describe('are found by index in a table of many', () => {
    let close: () => Promise<unknown>
    let explained: (read: (sql: Sql) => Promise<unknown>) => Promise<string>

    beforeAll(async () => {
      const database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
      close = () => database.close()
      const sql = sqlOf(database)
      await sql(`
        insert into grant_state (grant_id, stream_id, user_id, issuer, account_id, status, state)
        select gen_random_uuid(), 'many-' || n, 'many', 'many', 'account-' || n, 'live',
               '{"scopes": [], "connections": {}, "account": {"email": "a@b.example"}}'
          from generate_series(1, 20000) n`)
      await sql(`
        insert into grant_trouble select grant_id, 1, 'revoked_at_google', now() - interval '1 year', now(), true
          from grant_state where user_id = 'many'`)
      await sql(`
        insert into grant_schedule select grant_id, 'refresh', now() + interval '20 days'
          from grant_state where user_id = 'many'`)
      await sql(`
        insert into issued_refresh_token select grant_id, 1, issuer, account_id, now()
          from grant_state where user_id = 'many'`)
      await sql('analyze grant_state, grant_trouble, grant_schedule, issued_refresh_token')
      explained = async (read) => {
        let plan = ''
        await read(async <Row>(text: string, params?: readonly unknown[]) => {
          const lines = await sql<{ 'QUERY PLAN': string }>(`explain ${text}`, params)
          plan = lines.map((line) => line['QUERY PLAN']).join('\n')
          return [] as Row[]
        })
        return plan
      }
    })
    afterAll(() => close())

    it.each([
      [
        'what began lately',
        'grant_trouble_began',
        'Index Cond: (began_at >=',
        (sql: Sql) => recentTroubles(sql, { since: new Date(), limit: 100 }),
      ],
      [
        'what lives',
        'grant_schedule_due',
        "Index Cond: ((task = 'refresh'::text) AND (due_at >",
        (sql: Sql) => livingGrants(sql, { now: new Date(), limit: 100 }),
      ],
      [
        'the siblings of one',
        'issued_refresh_token_of_account',
        'Index Cond: ((issuer = t.issuer) AND (account_id = t.account_id))',
        (sql: Sql) => siblingsOf(sql, '00000000-0000-5000-8000-000000000000', new Date()),
      ],
    ] as const)('%s', async (_, index, condition, read) => {
      const plan = await explained(read)
      expect(plan).toContain(index)
      expect(plan).toContain(condition)
      expect(plan).not.toContain('Seq Scan')
    })
  })
})
