import { migrate, openDatabase, sqlOf } from '@evergrant/event-store'
import { startPostgresServer } from '@evergrant/stack/testing'
import { migrations } from '../../services/token-service/src/migrations/all.ts'
import { claimDueRefreshes } from '../../services/token-service/src/projections/grant-schedule.ts'
import { numberOption } from './option.ts'
import { inMs } from './percentiles.ts'

const rounds = 200
const limit = 16
/** One statement must stay under the statement timeout of a service. */
const batch = 20_000

/** What it costs to find due grants among more and more of them, half of them in use, a hundredth due. `--grants=1000000`
 * adds the big one. */
export async function refreshAhead(): Promise<readonly string[]> {
  const most = numberOption('grants', 100_000)
  const postgres = await startPostgresServer()
  const admin = await openDatabase({ url: postgres.url, applicationName: 'bench' })
  try {
    await sqlOf(admin)('create role evergrant_service nologin')
    await migrate({ url: postgres.url, migrations })
    const lines: string[] = []
    let filled = 0
    for (const grants of [10_000, 100_000, 1_000_000].filter((each) => each <= most)) {
      for (; filled < grants; filled += batch) await fill(admin, filled, Math.min(grants, filled + batch))
      filled = grants
      await sqlOf(admin)('analyze')
      lines.push(`claiming ${limit} due of ${grants}: ${await claims(admin)}`)
    }
    return lines
  } finally {
    await admin.close()
    await postgres.stop()
  }
}

type Database = Awaited<ReturnType<typeof openDatabase>>

async function claims(database: Database): Promise<string> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const began = performance.now()
    const { grants } = await claimDueRefreshes(database, { now: new Date(), limit, claimMs: 1 })
    times.push(performance.now() - began)
    // As their refresh would: due again in an hour.
    const ids = JSON.stringify(grants.map(({ grantId }) => grantId))
    await sqlOf(database)(
      `update grant_schedule set due_at = now() + interval '1 hour', claimed_until = null
        where task = 'refresh' and grant_id in (select value::uuid from jsonb_array_elements_text($1::jsonb))`,
      [ids],
    )
  }
  return inMs(times)
}

async function fill(database: Database, from: number, to: number): Promise<void> {
  const sql = sqlOf(database)
  await sql(
    `with g as (select n, gen_random_uuid() as id from generate_series($1::int + 1, $2::int) n),
     s as (insert into grant_state (grant_id, stream_id, user_id, issuer, account_id, status, state)
       select id, 'grant-' || id, 'user-' || n, 'https://accounts.google.com', n::text, 'live',
              jsonb_build_object('generation', 1, 'lastRefreshedAt', now() - interval '1 hour', 'refresh',
                                 jsonb_build_object('status', 'idle')) from g returning grant_id),
     c as (insert into connection_status (id, grant_id, user_id, service, status, reason, since, connected_at)
       select gen_random_uuid(), id, 'user-' || n, 'calendar', 'active', null, now(),
              now() - case when n % 2 = 0 then interval '1 day' else interval '20 days' end from g where exists (select from s)
       returning id)
     insert into grant_schedule (grant_id, task, due_at)
       select id, 'refresh', now() + case when n % 100 < 2 then - random() * interval '1 hour' else random() * interval '1 hour' end
         from g where exists (select from c)`,
    [from, to],
  )
}
