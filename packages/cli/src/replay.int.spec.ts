import { withSession } from '@evergrant/schema-verification'
import { useDatabase } from '@evergrant/stack/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { runCli } from './program.ts'

const database = useDatabase()
const others = { 'token-service': useDatabase(), 'calendar-service': useDatabase() }

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

const sql = (text: string) => withSession(database.url, (query) => query(text))
const replay = (...args: string[]) =>
  run('replay', '--service', 'oauth-service', '--against', database.serviceUrl, ...args)

describe('replay', () => {
  beforeAll(async () => {
    expect(await run('migrate', 'up', '--service', 'oauth-service', '--against', database.url)).toMatchObject(
      { exitCode: 0 },
    )
    const seen = { userId: 'alice', email: 'a@example.com', seenAt: '2026-11-23T10:00:00.000Z' }
    await sql(
      `select es.append('known-grant-' || id, 'known-grant', 'no_stream', 0,
          jsonb_build_array(jsonb_build_object('type', 'GrantSeen', 'schemaVersion', 1,
            'data', '${JSON.stringify(seen)}'::jsonb || jsonb_build_object('grantId', id))),
          '{"actor": {"kind": "schedule"}, "correlationId": "spec"}', now(), '[]', null)
         from generate_series(1, 3) n, lateral (select ('01937e1c-6c55-7000-8000-00000000000' || n)::uuid as id) i`,
    )
  })

  it('says in a dry run how many rows are not what the facts say, and ends with 2 while there are some', async () => {
    expect(await replay('--dry-run')).toMatchObject({
      exitCode: 2,
      out: expect.stringMatching(/would be mended[\s\S]*live-refresh-tokens +3 +3 +3/),
    })
    expect(await sql('select * from known_grant')).toEqual([])
  })

  it('makes the read models again, and then a dry run has nothing to say', async () => {
    expect(await replay()).toMatchObject({ exitCode: 0, out: expect.stringMatching(/\bmended/) })
    expect(await sql('select * from known_grant')).toHaveLength(3)
    const { exitCode, out } = await replay('--dry-run', '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      service: 'oauth-service',
      dryRun: true,
      projections: [
        { projection: 'authorizations-due', streams: 0, wrong: 0 },
        { projection: 'live-refresh-tokens', streams: 3, wrong: 0 },
      ],
    })
  })

  it('takes one projection, from where an earlier run was stopped', async () => {
    const after = 'known-grant-01937e1c-6c55-7000-8000-000000000002'
    const { out } = await replay('--projection', 'live-refresh-tokens', '--after', after, '--json')
    expect(JSON.parse(out)).toMatchObject({ projections: [{ streams: 1, rows: 1 }] })
  })

  it('names the projections there are when one is asked for that is none', async () => {
    expect(await replay('--projection', 'tokens')).toMatchObject({
      exitCode: 3,
      err: expect.stringContaining('authorizations-due, live-refresh-tokens'),
    })
  })

  it('ends with 3 when the database is not to be had', async () => {
    const nowhere = 'postgres://nobody:secret@127.0.0.1:1/none'
    const gone = await run('replay', '--service', 'oauth-service', '--against', nowhere)
    expect(gone).toMatchObject({ exitCode: 3, err: expect.not.stringContaining('secret') })
  })

  it('does not take the database of another when rules are to be applied', async () => {
    expect(
      await run('replay', '--service', 'token-service', '--against', database.url, '--dry-run'),
    ).toMatchObject({ exitCode: 3, err: expect.stringContaining('--projection') })
  })

  it.each([
    ['token-service', ['grants']],
    [
      'calendar-service',
      ['known-connections', 'sync-status', 'event-writes', 'calendars', 'calendar-events', 'google-items'],
    ],
  ] as const)('knows the read models of %s', async (service, names) => {
    const { url, serviceUrl } = others[service]
    expect(await run('migrate', 'up', '--service', service, '--against', url)).toMatchObject({ exitCode: 0 })
    const all = ['--projection', 'all', '--json', '--dry-run']
    const { exitCode, out } = await run('replay', '--service', service, '--against', serviceUrl, ...all)
    expect(exitCode).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      projections: names.map((projection) => ({ projection, wrong: 0 })),
    })
  })
})
