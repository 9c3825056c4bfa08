import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { useDatabase } from '@evergrant/stack/testing'
import { compactDecrypt, exportJWK, generateKeyPair } from 'jose'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from './program.ts'

interface SentRow {
  readonly rowId: string
  readonly userId: string
  readonly scope: string | null
  readonly expiresAt: string | null
  readonly sealedTokens: string
}

describe('import-legacy', () => {
  const database = useDatabase()
  const batches: { dryRun: boolean; rows: SentRow[] }[] = []
  let keys: Awaited<ReturnType<typeof generateKeyPair>>
  let server: Server
  let gateway: string
  /** Answers of the gateway that fail before one works. */
  let failures: number

  beforeAll(async () => {
    keys = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true })
    const jwk = await exportJWK(keys.publicKey)
    server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      const send = (status: number, answer: unknown) => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(answer))
      }
      if (request.url === '/v1/legacy-imports/key') return send(200, jwk)
      if (failures-- > 0) return send(503, { code: 'shutting_down' })
      const batch = JSON.parse(body)
      batches.push(batch)
      send(200, { items: batch.rows.map(adoptionOf) })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())
  beforeEach(async () => {
    batches.length = 0
    failures = 0
    await sql('drop table if exists user_oauth_tokens')
  })

  const adoptionOf = ({ rowId, userId }: SentRow) => ({
    rowIds: [rowId],
    userId,
    services: ['calendar'],
    outcome: userId === 'nobody' ? 'refused' : 'imported',
    reason: userId === 'nobody' ? 'account_unknown' : null,
    connections: [],
  })
  async function sql(text: string) {
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    try {
      return (await client.query(text)).rows
    } finally {
      await client.end()
    }
  }
  const withTable = (columns: string, rows: string) =>
    sql(`create table user_oauth_tokens (id serial primary key, user_id text, service text, access_token text,
      refresh_token text, service_user_id text, service_email text${columns}); insert into user_oauth_tokens ${rows}`)
  async function run(...args: string[]) {
    const out: string[] = []
    const err: string[] = []
    const exitCode = await runCli(['import-legacy', '--from', database.url, ...args], {
      env: { EVERGRANT_URL: gateway, EVERGRANT_TOKEN: 'admin' },
      cwd: import.meta.dirname,
      write: (line) => out.push(line),
      warn: (line) => err.push(line),
      now: () => new Date(),
      interrupted: new AbortController().signal,
    })
    return { exitCode, out: out.join('\n'), err: err.join('\n') }
  }

  it('reads a table without scope and with its own kind of times, and sends tokens sealed only', async () => {
    await withTable(
      ', token_expiry timestamp',
      `(user_id, service, access_token, refresh_token, service_user_id, token_expiry)
       values ('alice', 'calendar', 'ya29.plain', '1//plain', '42', '2026-01-02 03:04:05')`,
    )
    expect(await run()).toMatchObject({ exitCode: 0, out: '1 rows: 1 imported' })
    const [row] = batches[0]?.rows ?? []
    expect(row).toMatchObject({ rowId: '1', scope: null, expiresAt: '2026-01-02T03:04:05.000Z' })
    expect(JSON.stringify(batches)).not.toMatch(/plain/)
    const opened = await compactDecrypt(row?.sealedTokens ?? '', keys.privateKey)
    expect(JSON.parse(new TextDecoder().decode(opened.plaintext))).toEqual({
      accessToken: 'ya29.plain',
      refreshToken: '1//plain',
    })
    expect(opened.protectedHeader.evg).toEqual({ authorizationId: 'legacy-row:1', grantId: 'alice' })
  })

  it('takes times in seconds, milliseconds and words, and nothing for what is no time', async () => {
    await withTable(
      ', token_expiry text',
      `(user_id, service, access_token, token_expiry) values
        ('a', 'calendar', 'x', '2026-01-02T03:04:05+01:00'), ('b', 'calendar', 'x', 'soon')`,
    )
    await run()
    expect(batches[0]?.rows.map(({ expiresAt }) => expiresAt)).toEqual(['2026-01-02T02:04:05.000Z', null])
    await sql(
      'alter table user_oauth_tokens alter token_expiry type bigint using 1767323045 + 1767323043233 * (id - 1)',
    )
    batches.length = 0
    await run()
    expect(batches[0]?.rows.map(({ expiresAt }) => expiresAt)).toEqual([
      '2026-01-02T03:04:05.000Z',
      expect.stringMatching(/^2026-/),
    ])
  })

  it('keeps the rows of a user in one batch and says how far it is', async () => {
    await withTable(
      '',
      `(user_id, service, access_token)
       select 'user-' || (n / 3), 'calendar', 'x' from generate_series(0, 299) n`,
    )
    const { exitCode, err } = await run()
    expect(exitCode).toBe(0)
    expect(batches.length).toBeGreaterThan(3)
    const users = batches.map(({ rows }) => new Set(rows.map(({ userId }) => userId)))
    expect(users.reduce((sum, some) => sum + some.size, 0)).toBe(100)
    expect(err.split('\n').at(-1)).toBe('300 of 300 rows')
  })

  it('goes on when the stack was away for a moment', async () => {
    await withTable('', "(user_id, service, access_token) values ('alice', 'calendar', 'x')")
    failures = 1
    expect(await run()).toMatchObject({ exitCode: 0 })
    expect(batches).toHaveLength(1)
  })

  it('names who could not be adopted, and exits 2', async () => {
    await withTable('', "(user_id, service, access_token) values ('nobody', 'calendar', 'x')")
    const { exitCode, out } = await run('--dry-run')
    expect(exitCode).toBe(2)
    expect(out).toContain('account unknown')
    expect(batches[0]?.dryRun).toBe(true)
  })

  it('cannot check a table that is not there, lacks columns, or is our own', async () => {
    expect(await run()).toMatchObject({ exitCode: 3, err: expect.stringContaining('no table') })
    await sql('create table user_oauth_tokens (id int)')
    expect(await run()).toMatchObject({ exitCode: 3, err: expect.stringContaining('access_token') })
    await sql('drop table user_oauth_tokens')
    await withTable('', "(user_id, service, access_token) values ('a', 'calendar', 'vault:x/access_token@1')")
    expect(await run()).toMatchObject({ exitCode: 3, err: expect.stringContaining('own table') })
    expect(batches).toEqual([])
  })
})
