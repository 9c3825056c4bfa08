import { withSession } from '@evergrant/schema-verification'
import { describe, expect, it } from 'vitest'
import { useHealingLab } from './healing-lab.ts'

const lab = useHealingLab()
const table = 'user_oauth_tokens'

describe('healing, while others are at work', () => {
  it('does nothing but tell until it is told to', async () => {
    const there = await lab.harmed(`alter table ${table} drop column scope, drop column created_at`)
    const before = await there.look()
    expect(await there.heal({ apply: false })).toMatchObject({
      applied: false,
      status: 'drift',
      plan: [{ statements: [`alter table ${table} add column scope text`] }],
      healed: [],
      remaining: [
        { finding: { path: `${table}.created_at` }, reason: expect.stringContaining('not be null') },
      ],
    })
    expect((await there.look()).databaseHash).toBe(before.databaseHash)
  })

  it('brings back what went along with a column too, and leaves what its rows said unknown', async () => {
    const there = await lab.harmed(`alter table ${table} drop column token_expiry, drop column note`)
    const { status, healed } = await there.heal()
    expect({ status, paths: healed.map(({ finding }) => finding.path).sort() }).toEqual({
      status: 'verified',
      paths: [`${table}(user_oauth_tokens_expiry)`, `${table}.note`, `${table}.token_expiry`],
    })
    // The default is for rows to come; nobody may say that the old ones had it.
    expect(await there.query(`select distinct note, token_expiry from ${table}`)).toEqual([
      { note: null, token_expiry: null },
    ])
    await there.query(`insert into users (id, email) values (gen_random_uuid(), 'new@example.com')`)
    await there.query(
      `insert into ${table} (id, user_id, service, access_token) select id, id, 'drive', 'x' from users where email = 'new@example.com'`,
    )
    expect(await there.query(`select note from ${table} where service = 'drive'`)).toEqual([{ note: 'none' }])
  })

  it('heals the one thing when another one fails, and says what PostgreSQL said', async () => {
    const there = await lab.harmed(`
      alter table ${table} drop constraint user_oauth_tokens_service_check;
      update ${table} set service = 'photos' where id = (select min(id::text)::uuid from ${table});
      drop index user_oauth_tokens_expiry`)
    const report = await there.heal()
    expect(report).toMatchObject({
      status: 'drift',
      healed: [{ finding: { kind: 'check_missing' } }, { finding: { kind: 'index_missing' } }],
      remaining: [
        {
          finding: { kind: 'check_not_valid' },
          failed: true,
          reason: expect.stringMatching(/violated by some row.*23514/),
        },
      ],
    })
    // It keeps new nonsense out, and the old is for somebody to judge.
    await expect(there.query(`update ${table} set service = 'slides'`)).rejects.toMatchObject({
      code: '23514',
    })
    expect(await there.query(`select count(*)::int as rows from ${table} where service = 'photos'`)).toEqual([
      { rows: 1 },
    ])
  })

  it('takes back only the step of its transaction that failed', async () => {
    const there = await lab.harmed(`alter table ${table} drop column user_id cascade, drop column scope`)
    const { healed, remaining } = await there.heal()
    expect(healed.map(({ finding }) => finding.path)).toEqual([`${table}.scope`])
    expect(remaining.filter(({ failed }) => failed)).toMatchObject([
      { finding: { kind: 'foreign_key_missing' }, reason: expect.stringContaining('42703') },
    ])
  })

  it('comes through behind a reader that keeps a table for itself', async () => {
    const there = await lab.harmed(`alter table ${table} drop column scope`)
    const reader = await there.session()
    try {
      await reader.query('begin')
      await reader.query(`select * from ${table}`)
      const healing = there.heal()
      await expect
        .poll(
          () => there.query(`select 1 as one from pg_locks where not granted and locktype = 'relation'`),
          { timeout: 10_000 },
        )
        .toHaveLength(1)
      await reader.query('commit')
      expect(await healing).toMatchObject({ status: 'verified', remaining: [] })
    } finally {
      await reader.end()
    }
  })

  it('is done by one of two that begin together, also where an index is built beside everything else', async () => {
    const there = await lab.harmed('drop index user_oauth_tokens_expiry')
    const reports = await Promise.all([there.heal(), there.heal(), there.heal()])
    expect(reports.map(({ status }) => status)).toEqual(['verified', 'verified', 'verified'])
    expect(reports.flatMap(({ healed }) => healed)).toHaveLength(1)
  })

  it('waits for a migrator, says so when it does not end, and is seen as one by those who verify', async () => {
    const there = await lab.harmed(`alter table ${table} drop column scope`)
    await withSession(there.url, async (sql) => {
      await sql('select pg_advisory_lock(1163282259)')
      await expect(there.heal({ lockWaitMs: 50 })).rejects.toMatchObject({ code: 'migrator_busy' })
      expect(await there.heal({ apply: false })).toMatchObject({
        status: 'unverifiable',
        unverifiable: { code: 'migration_in_flight' },
        plan: [],
      })
    })
    expect(await there.look()).toMatchObject({ status: 'drift' })
  })

  it('leaves no lock behind, whether it healed or not', async () => {
    const there = await lab.harmed(`alter table ${table} drop column scope`)
    await there.heal()
    await there.heal()
    // The server is everybody's: a lock of another database is somebody else's.
    const locks = `select 1 from pg_locks l join pg_database d on d.oid = l.database
                    where locktype = 'advisory' and d.datname = current_database()`
    expect(await there.query(locks)).toEqual([])
  })

  it('is refused to a role that may not change the schema', async () => {
    const there = await lab.harmed(`alter table ${table} drop column scope`)
    expect(await there.heal({ url: there.serviceUrl })).toMatchObject({
      status: 'drift',
      healed: [],
      remaining: [{ failed: true, reason: expect.stringContaining('42501') }],
    })
  })

  it('takes a role that is not there for a mistake, not for a database without anything', async () => {
    const there = await lab.harmed('select 1')
    expect(await there.heal({ role: 'nobody_we_know' })).toMatchObject({
      status: 'unverifiable',
      unverifiable: { code: 'rights_missing' },
      remaining: [],
    })
  })

  it('leaves everything alone when a newer release took it away', async () => {
    const there = await lab.harmed(
      `insert into mikro_orm_migrations (name) values ('0002-contract-scope'); alter table ${table} drop column scope`,
    )
    const { status, healed, remaining } = await there.heal()
    expect({ status, healed }).toEqual({ status: 'drift', healed: [] })
    for (const { reason } of remaining) expect(reason).toContain('0002-contract-scope')
  })
})
