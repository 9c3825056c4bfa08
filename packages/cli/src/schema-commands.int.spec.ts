import { withSession } from '@evergrant/schema-verification'
import { useDatabase } from '@evergrant/stack/testing'
import { describe, expect, it } from 'vitest'
import { runCli } from './program.ts'

const database = useDatabase()
const empty = useDatabase()

async function run(...args: string[]) {
  const out: string[] = []
  const err: string[] = []
  const exitCode = await runCli(args, {
    env: { PATH: '' },
    cwd: import.meta.dirname,
    write: (line) => out.push(line),
    warn: (line) => err.push(line),
    now: () => new Date(),
    interrupted: new AbortController().signal,
  })
  return { exitCode, out: out.join('\n'), err: err.join('\n') }
}

const on = (url: string, service = 'token-service') => ['--service', service, '--against', url]
const sql = (url: string, text: string) => withSession(url, (query) => query(text))

describe('schema and migrate', () => {
  it('lead an empty database to where the code needs it', async () => {
    const { url, serviceUrl } = database
    const before = await run('migrate', 'status', ...on(url))
    expect(before).toMatchObject({
      exitCode: 2,
      out: expect.stringMatching(/0001-user-oauth-tokens +expand +pending/),
    })
    expect(await run('migrate', 'up', ...on(url))).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('0001-user-oauth-tokens'),
    })
    expect(await run('migrate', 'up', ...on(url))).toMatchObject({
      exitCode: 0,
      out: 'token-service: nothing to do',
    })
    expect((await run('migrate', 'status', ...on(serviceUrl))).exitCode).toBe(0)
    expect(await run('schema', 'verify', ...on(serviceUrl))).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('as it should be'),
    })
  })

  it('say what somebody did by hand, and give the SQL that ends it', async () => {
    const { url, serviceUrl } = database
    await sql(url, 'alter table user_oauth_tokens drop column scope')
    expect(await run('schema', 'verify', ...on(serviceUrl))).toMatchObject({
      exitCode: 2,
      out: expect.stringMatching(/user_oauth_tokens\.scope +breaking_read[\s\S]*token\.read is unavailable/),
    })
    const script = await run('schema', 'diff', ...on(serviceUrl))
    expect(script.exitCode).toBe(2)
    await sql(url, script.out)
    expect(await run('schema', 'diff', ...on(serviceUrl))).toMatchObject({
      exitCode: 0,
      out: '-- token-service: no difference',
    })
  })

  it('answer in JSON', async () => {
    const { out } = await run('schema', 'verify', '--json', ...on(database.serviceUrl))
    expect(JSON.parse(out)).toMatchObject({ items: [{ service: 'token-service', status: 'verified' }] })
  })

  it('heal what is missing when told to, and say what nobody may heal', async () => {
    const { url, serviceUrl } = database
    expect(await run('schema', 'heal', ...on(url))).toEqual({
      exitCode: 0,
      out: '✓ token-service: nothing to heal',
      err: '',
    })
    await sql(url, 'alter table user_oauth_tokens drop column scope')
    expect(await run('schema', 'heal', ...on(url))).toMatchObject({
      exitCode: 2,
      out: expect.stringMatching(/1 can be healed.*[\s\S]*add column scope text;[\s\S]*--apply/),
    })
    expect((await run('schema', 'verify', ...on(serviceUrl))).exitCode).toBe(2)
    expect(await run('schema', 'heal', '--apply', ...on(serviceUrl))).toMatchObject({
      exitCode: 1,
      out: expect.stringMatching(/0 healed, 1 left[\s\S]*42501/),
    })
    expect(await run('schema', 'heal', '--apply', ...on(url))).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(
        /✓ token-service: 1 healed, 0 left[\s\S]*null: unknown[\s\S]*↻ grants: 0 rows say again/,
      ),
    })
    expect((await run('schema', 'verify', ...on(serviceUrl))).exitCode).toBe(0)

    await sql(url, 'alter table user_oauth_tokens rename column scope to scopes')
    const refused = await run('schema', 'heal', '--apply', '--json', ...on(url))
    expect(refused.exitCode).toBe(2)
    expect(JSON.parse(refused.out)).toMatchObject({
      items: [
        { healed: [], remaining: [{ reason: expect.stringContaining('another name'), failed: false }] },
      ],
    })
    await sql(url, 'alter table user_oauth_tokens rename column scopes to scope')
  })

  it('say of a column that came back when no log tells what it held', async () => {
    await sql(database.url, 'alter table http_idempotency drop column location')
    expect(await run('schema', 'heal', '--apply', ...on(database.url))).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('? http_idempotency: no log tells'),
    })
  })

  it('take back what destroys data only when told to, and to where they are told', async () => {
    const { url, serviceUrl } = database
    const back = await run('migrate', 'down', '--to', '0004-vend-log', ...on(url))
    expect(back).toMatchObject({
      exitCode: 1,
      err: expect.stringMatching(/0005-vault-rotation \(.*--accept-data-loss/),
    })
    expect((await run('schema', 'verify', ...on(serviceUrl))).exitCode).toBe(0)
    expect(
      await run('migrate', 'down', '--to', '0004-vend-log', '--accept-data-loss', ...on(url)),
    ).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/took back \d{4}-.*0006-vend-chain, 0005-vault-rot/),
    })
    expect((await run('migrate', 'status', ...on(serviceUrl))).exitCode).toBe(2)
    expect((await run('migrate', 'up', ...on(url))).exitCode).toBe(0)
    expect((await run('schema', 'verify', ...on(serviceUrl))).exitCode).toBe(0)
  })

  it('do not take back to where there is nothing', async () => {
    const back = await run('migrate', 'down', '--to', '0099-nowhere', ...on(database.url))
    expect(back).toMatchObject({ exitCode: 1, err: expect.stringContaining('No applied migration') })
  })

  const wrong = (change: (url: URL) => void) => {
    const url = new URL(database.url)
    change(url)
    return url.href
  }
  it.each([
    ['a URL that is none', () => ['schema', 'verify', ...on('nonsense')], /no PostgreSQL URL/],
    [
      'a database without its service',
      () => ['schema', 'verify', '--against', database.url],
      /needs --service/,
    ],
    ['a service nobody knows', () => ['schema', 'verify', ...on(database.url, 'mail-service')], /no service/],
    [
      'a server that is not there',
      () => ['schema', 'verify', ...on(wrong((url) => (url.port = '1')))],
      /database_unreachable/,
    ],
    [
      'a login that is refused',
      () => ['schema', 'verify', ...on(wrong((url) => (url.password = 'wrong')))],
      /rights_missing/,
    ],
    [
      'a database that is not there',
      () => ['migrate', 'status', ...on(wrong((url) => (url.pathname = '/nowhere')))],
      /rights_missing/,
    ],
    [
      'the database of another service',
      () => ['schema', 'verify', ...on(database.url, 'oauth-service')],
      /database_of_other/,
    ],
    [
      'the manifest of another service',
      () => [
        'schema',
        'verify',
        ...on(database.url),
        '--manifest',
        '../../../services/oauth-service/schema.manifest.json',
      ],
      /that of oauth-service/,
    ],
    ['a data directory without a stack', () => ['schema', 'verify'], /no running stack/],
    [
      'healing a server that is not there',
      () => ['schema', 'heal', ...on(wrong((url) => (url.port = '1')))],
      /database_unreachable/,
    ],
    ['every database at once', () => ['migrate', 'down'], /needs --service/],
  ])('do not pretend to have checked: %s', async (_, args, says) => {
    const { exitCode, out, err } = await run(...args())
    expect(exitCode).toBe(3)
    expect(`${out}${err}`).toMatch(says)
  })

  it('do not pretend to have checked: two migrators at once', async () => {
    await withSession(empty.url, async (query) => {
      await query('select pg_advisory_lock(1163282259)')
      const { exitCode, out } = await run('schema', 'verify', ...on(empty.url))
      expect({ exitCode, out }).toMatchObject({
        exitCode: 3,
        out: expect.stringContaining('migration_in_flight'),
      })
    })
  })
})
