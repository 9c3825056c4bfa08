import { grantIdOf, requiredScopes } from '@evergrant/event-contracts'
import { type Database, openDatabase, sqlOf } from '@evergrant/event-store'
import { CompactEncrypt, importJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { TokenService } from './service.ts'
import { useTokenWorld } from './testing.ts'

const admin = { sub: 'operator', scope: 'admin' }

interface Row {
  readonly rowId: string
  readonly userId: string
  readonly service?: string
  readonly accountId?: string | null
  readonly email?: string | null
  readonly scope?: string | null
  readonly expiresAt?: string | null
  readonly updatedAt?: string | null
  readonly accessToken?: string | null
  readonly refreshToken?: string | null
}

describe('importing a table of tokens', () => {
  const world = useTokenWorld()
  let service: TokenService
  let database: Database

  beforeAll(async () => {
    service = await world.start()
    database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
  })
  afterAll(() => database.close())

  async function sealed({ rowId, userId, accessToken = null, refreshToken = null }: Row): Promise<string> {
    const { body } = await world.call(service, '/v1/legacy-imports/key', admin)
    const key = await importJWK(z.looseObject({ kty: z.string() }).parse(body), 'ECDH-ES+A256KW')
    return new CompactEncrypt(new TextEncoder().encode(JSON.stringify({ accessToken, refreshToken })))
      .setProtectedHeader({
        alg: 'ECDH-ES+A256KW',
        enc: 'A256GCM',
        evg: { authorizationId: `legacy-row:${rowId}`, grantId: userId },
      })
      .encrypt(key)
  }
  async function send(rows: readonly Row[], { dryRun = false } = {}) {
    const wire = await Promise.all(
      rows.map(async (row) => ({
        rowId: row.rowId,
        userId: row.userId,
        service: row.service ?? 'calendar',
        accountId: row.accountId ?? null,
        email: row.email ?? null,
        scope: row.scope ?? null,
        expiresAt: row.expiresAt ?? null,
        updatedAt: row.updatedAt ?? null,
        sealedTokens: await sealed(row),
      })),
    )
    const path = '/v1/legacy-imports'
    const { status, body } = await world.call(service, path, {
      ...admin,
      method: 'POST',
      body: { dryRun, rows: wire },
    })
    expect(status, JSON.stringify(body)).toBe(200)
    return body.items ?? []
  }
  /** A user of the old application: an account at Google and tokens it really gave. */
  function legacyUser(name: string, services: readonly ('calendar' | 'gmail')[] = ['calendar']) {
    const account = world.google().addAccount({ email: `${name}@example.com` })
    const scopes = ['openid', ...services.flatMap((one) => requiredScopes(one, 'read'))]
    const tokens = world.google().issueTokens({ email: account.email, scopes })
    const row: Row = {
      rowId: `${name}-1`,
      userId: name,
      accountId: account.sub,
      email: account.email,
      scope: scopes.join(' '),
      expiresAt: new Date(Date.now() + 3_000_000).toISOString(),
      accessToken: tokens.accessToken,
      refreshToken: tokens.refreshToken,
    }
    return { row, grantId: grantIdOf(name, world.google().url, account.sub) }
  }
  const connectionOf = async (user: string) =>
    (await world.call(service, '/v1/connections', { sub: user })).body.items ?? []
  const vend = (connectionId: unknown) =>
    world.call(service, `/v1/connections/${String(connectionId)}/access-token`, {
      sub: 'calendar-service',
      scope: 'tokens:read',
      method: 'POST',
      body: {},
    })

  it('gives connections whose tokens are lent, from the vault and never in clear', async () => {
    const { row } = legacyUser('ada')
    expect(await send([row])).toMatchObject([{ outcome: 'imported', connections: [{ status: 'active' }] }])
    const [connection] = await connectionOf('ada')
    expect(connection).toMatchObject({ status: 'active', access: 'read', generation: 1 })
    expect((await vend(connection?.id)).body.accessToken).toBe(row.accessToken)
    for (const table of ['es.event', 'vault_secret', 'user_oauth_tokens', 'grant_state']) {
      const found = await sqlOf(database)(`select 1 from ${table} t where t::text like '%' || $1 || '%'`, [
        row.accessToken,
      ])
      expect(found, table).toEqual([])
    }
  })

  it('changes nothing when it is repeated, nor what a user has connected since', async () => {
    const { row, grantId } = legacyUser('bob')
    await send([row])
    const facts = () => sqlOf(database)('select 1 from es.event where stream_id = $1', [`grant-${grantId}`])
    const before = (await facts()).length
    expect(await send([row])).toMatchObject([{ outcome: 'already_imported' }])
    expect((await facts()).length).toBe(before)

    const connected = await world.issue({ user: 'carol', email: 'carol@example.com' })
    await world.connection(service, connected)
    const old = {
      ...legacyUser('bob').row,
      rowId: 'c',
      userId: 'carol',
      accountId: connected.issued.account.id,
    }
    expect(await send([old])).toMatchObject([{ outcome: 'already_connected' }])
    expect((await connectionOf('carol'))[0]).toMatchObject({ generation: 1 })
  })

  it('asks Google for scopes and account that the table does not have', async () => {
    const { row } = legacyUser('dan')
    await send([{ ...row, scope: null, accountId: null, email: null, expiresAt: null }])
    expect((await connectionOf('dan'))[0]).toMatchObject({ status: 'active', missingScopes: [] })
  })

  it('keeps scopes unknown, never empty, when Google cannot say, and learns them with the first refresh', async () => {
    const { row, grantId } = legacyUser('eve')
    const lost = { ...row, scope: '', accessToken: 'ya29.over', expiresAt: '2020-01-01T00:00:00Z' }
    expect(await send([lost])).toMatchObject([
      { connections: [{ status: 'unknown', reason: 'scopes_unknown', mustReconnect: false }] },
    ])
    const [connection] = await connectionOf('eve')
    expect(connection).toMatchObject({ status: 'unknown', missingScopes: [] })
    const [stored] = await sqlOf(database)<{ scope: string | null }>(
      'select scope from user_oauth_tokens where id = $1',
      [connection?.id],
    )
    expect(stored?.scope).toBeNull()
    expect((await vend(connection?.id)).status).toBe(200)
    expect((await connectionOf('eve'))[0]).toMatchObject({ status: 'active', grantId, reason: null })
  })

  it('says who must reconnect: no refresh token, a service without its scopes', async () => {
    const alone = legacyUser('fay').row
    expect(await send([{ ...alone, refreshToken: null }])).toMatchObject([
      { connections: [{ reason: 'refresh_token_missing', mustReconnect: true }] },
    ])
    const calendar = legacyUser('gil').row
    const gmail = { ...calendar, rowId: 'gil-2', service: 'gmail', refreshToken: null }
    const [adoption] = await send([calendar, gmail])
    expect(adoption).toMatchObject({
      rowIds: ['gil-1', 'gil-2'],
      connections: [
        { service: 'calendar', status: 'active', mustReconnect: false },
        { service: 'gmail', status: 'missing_scopes', mustReconnect: true },
      ],
    })
  })

  it('refuses rows it cannot make sense of, and takes the others', async () => {
    const { row } = legacyUser('hal')
    const rows = [
      row,
      { ...row, rowId: 'x', service: 'contacts' },
      { ...row, rowId: 'y', accessToken: null, refreshToken: null },
      { ...row, rowId: 'w', accountId: '4711', scope: null },
      { ...row, rowId: 'z', accountId: null, scope: null, accessToken: 'ya29.nobody' },
    ]
    const reasons = (await send(rows)).map((adoption) => [adoption.outcome, adoption.reason])
    expect(reasons).toEqual([
      ['imported', null],
      ['refused', 'unknown_service'],
      ['refused', 'tokens_missing'],
      ['refused', 'account_mismatch'],
      ['refused', 'account_unknown'],
    ])
  })

  it('tells in a dry run what it would do, and does nothing', async () => {
    const { row } = legacyUser('ian')
    expect(await send([row], { dryRun: true })).toMatchObject([
      { outcome: 'would_import', connections: [{ status: 'active' }] },
    ])
    expect(await connectionOf('ian')).toEqual([])
  })

  it('refuses tokens sealed for another row, and anyone but an operator', async () => {
    const { row } = legacyUser('joe')
    const rows = [
      { rowId: 'other', userId: 'joe', service: 'calendar', accountId: null, email: null, scope: null },
    ].map((one) => ({ ...one, expiresAt: null, updatedAt: null }))
    const body = { rows: [{ ...rows[0], sealedTokens: await sealed(row) }] }
    const ask = (as: { sub: string; scope?: string }) =>
      world.call(service, '/v1/legacy-imports', { ...as, method: 'POST', body })
    expect(await ask(admin)).toMatchObject({ status: 400, body: { code: 'sealed_tokens_rejected' } })
    expect((await ask({ sub: 'joe' })).status).toBe(403)
  })
})
