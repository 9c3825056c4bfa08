import { startCalendarWorld, until } from './calendar-world.ts'
import { numberOption } from './option.ts'
import { inMs, percentile } from './percentiles.ts'

const quietAccounts = 99
const noisyCalendars = numberOption('calendars', 300)
const rounds = numberOption('rounds', 8)

/** One process of calendar-service and a hundred accounts, one of which has hundreds of calendars. Ninety-nine ask for a sync at
 * the same moment, with and without the hundredth's storm, in turns within one run: asked → synced, as the database has it.
 * Google's quotas, which would hold the storm back, are out of the way: what is measured is how the lanes are shared. */
export async function fairness(): Promise<readonly string[]> {
  const world = await startCalendarWorld()
  const { google, tokens, sql, ask } = world
  try {
    const quiet = Array.from({ length: quietAccounts }, tokens.newAccount)
    const noisy = tokens.newAccount()
    for (let nth = 1; nth < noisyCalendars; nth++)
      google.addCalendar({ email: noisy.email, summary: `${nth}` })
    for (const account of [...quiet, noisy]) await tokens.connect(account)
    const syncedCalendars = async (connectionId: string) =>
      (
        await sql(
          `select 1 from synced_resource where connection_id = $1 and kind = 'calendar' and last_synced_at is not null`,
          [connectionId],
        )
      ).length
    await until(async () => (await syncedCalendars(noisy.connectionId)) === noisyCalendars)
    await until(async () => (await underWay()) === 0)

    async function underWay(): Promise<number> {
      const rows = await sql<{ n: number }>(
        `select count(*)::int n from resource_run where state in ('queued', 'running')`,
      )
      return rows[0]?.n ?? 0
    }
    const storm = async () => {
      await ask(noisy)
      await until(async () => (await underWay()) > noisyCalendars / 2)
    }
    const round = async (withNoisy: boolean) => {
      if (withNoisy) await storm()
      const syncs = await Promise.all(quiet.map((account) => ask(account)))
      await until(async () => (await underWay()) === 0)
      const rows = await sql<{ ms: number }>(
        `select extract(epoch from ended_at - requested_at)::float8 * 1000 as ms from sync_status
          where sync_id = any($1::uuid[]) and status = 'completed'`,
        [syncs],
      )
      if (rows.length !== syncs.length) throw new Error(`${syncs.length - rows.length} syncs failed`)
      const [turns] = await sql<{ share: number }>(
        `select avg((r.connection_id = $2)::int)::float8 as share
           from resource_run r, (select min(requested_at) as began, max(ended_at) as ended from sync_status
                                  where sync_id = any($1::uuid[])) s
          where r.ended_at between s.began and s.ended`,
        [syncs, noisy.connectionId],
      )
      return { times: rows.map(({ ms }) => ms), noisyShare: turns?.share ?? 0 }
    }
    await round(false)
    const alone: Round[] = []
    const beside: Round[] = []
    for (let nth = 0; nth < rounds; nth++) {
      alone.push(await round(false))
      beside.push(await round(true))
    }
    const moved = (medianP95(beside) / medianP95(alone) - 1) * 100
    const share =
      percentile(
        beside.map(({ noisyShare }) => noisyShare),
        0.5,
      ) * 100
    return [
      `${quietAccounts} accounts sync at once, alone: ${inMs(alone.flatMap(({ times }) => times))}`,
      `beside one with ${noisyCalendars} calendars waiting: ${inMs(beside.flatMap(({ times }) => times))}`,
      `of the runs meanwhile ${share.toFixed(1)} % were that account's`,
      `the median of their p95 over ${rounds} rounds each moved by ${moved.toFixed(1)} % (target: at most 10 %)`,
    ]
  } finally {
    await world.stop()
  }
}

interface Round {
  readonly times: readonly number[]
  readonly noisyShare: number
}

/** A round that something else on the machine disturbed does not decide. */
function medianP95(of: readonly Round[]): number {
  return percentile(
    of.map(({ times }) => percentile(times, 0.95)),
    0.5,
  )
}
