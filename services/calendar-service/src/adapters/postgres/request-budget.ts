import { type Database, type Sql, sqlOf } from '@evergrant/event-store'
import type { BudgetAnswer, BudgetAsk, Quotas, RequestBudget } from '../../application/ports.ts'
import { roomFor, secondsUntilRoom, type Window } from '../../domain/sliding-minute.ts'

// Four more than Google's minute: the calls of a page leave some time after they were counted.
const usualWindowSeconds = 64

interface Row extends Window {
  readonly budget: string
  readonly granted: boolean
  readonly left: number
}

/** Sliding minutes that all replicas share, by the database's clock. A call takes from its user's and from the project's,
 * or from neither. */
export function createRequestBudget(
  database: Database,
  quotas: Quotas,
  windowSeconds = usualWindowSeconds,
): RequestBudget {
  const sql = sqlOf(database)
  return {
    take: async (ask) => {
      const { user, project } = quotas[ask.api]
      const budgets = [projectOf(ask.api), userOf(ask)]
      const limits = [project, user]
      const rooms = limits.map((limit) => roomFor(ask.units, limit))
      const rows = await take(sql, [budgets, limits, windowSeconds, ask.units, rooms])
      return answerFrom(rows, ask)
    },
    projectUse: async (api) => {
      const { project } = quotas[api]
      const rows = await sql<{ used: number }>(useText, [[projectOf(api)], [project], windowSeconds])
      return (rows[0]?.used ?? 0) / project
    },
    forgetIdle: async () => {
      await sql(`delete from request_budget where counted_at < now() - interval '1 hour'`)
    },
  }
}

const projectOf = (api: string) => `${api} project`
const userOf = ({ api, connectionId }: BudgetAsk) => `${api} user ${connectionId}`

/** The name of the same budget in SQL, for a kind of resource; its `counted_at` is when Google was last asked for somebody. */
export function userBudgetText(kind: string, connectionId: string): string {
  return `case ${kind} when 'mailbox' then 'gmail' when 'drive' then 'drive' else 'calendar' end || ' user ' || ${connectionId}`
}

async function take(
  sql: Sql,
  params: readonly [
    budgets: string[],
    limits: number[],
    windowSeconds: number,
    units: number,
    rooms: number[],
  ],
): Promise<readonly Row[]> {
  const [budgets] = params
  for (;;) {
    const rows = await sql<Row>(takeText, params)
    if (rows.length === budgets.length) return rows
    // The first call of somebody, or one whose budget was forgotten this moment.
    await sql(
      `insert into request_budget (budget, left_over, counted_at)
       select budget, 0, now() from unnest($1::text[]) budget on conflict (budget) do nothing`,
      [budgets],
    )
  }
}

function answerFrom(rows: readonly Row[], { api, units }: BudgetAsk): BudgetAnswer {
  if (rows.every(({ granted }) => granted)) {
    return { granted: true, left: Math.min(...rows.map(({ left }) => left)) }
  }
  const retryAfterSeconds = Math.max(1, secondsUntilRoom(rows, units))
  const project = rows.filter(({ budget }) => budget === projectOf(api))
  const whose = secondsUntilRoom(project, units) > 0 ? 'project' : 'user'
  return { granted: false, whose, retryAfterSeconds }
}

/** What was spent in each second, without what is older than the window. A row that nobody may change meanwhile is read
 * at the time it was got hold of. */
const keptText = (from: string, lock: '' | 'for update of b') => `
  with held as materialized (
         select b.budget, b.spent, floor(extract(epoch from b.counted_at))::bigint as newest
           from ${from} where b.budget = any($1::text[]) order by b.budget ${lock}),
       seen as materialized (
         select h.*, a.most,
                greatest(h.newest, floor(extract(epoch from clock_timestamp()))::bigint) as second
           from held h join unnest($1::text[], $2::int[]) a (budget, most) using (budget)),
       kept as materialized (
         select budget, most, second,
                array(select case when newest - mod(newest - slot, $3::int) > second - $3::int
                                  then coalesce(spent[slot + 1], 0) else 0 end
                        from generate_series(0, $3::int - 1) slot order by slot) as spent
           from seen)`

const useText = `${keptText('request_budget b', '')}
  select (select sum(each) from unnest(spent) each)::float8 as used from kept`

// Nobody waits for the disk: a crash forgets what was spent in its last moments, and a minute later that is over anyway.
const takenFrom = "request_budget b, set_config('synchronous_commit', 'off', true)"

const takeText = `${keptText(takenFrom, 'for update of b')},
       room as materialized (
         select budget, most - (select sum(each) from unnest(spent) each) as units from kept),
       verdict as materialized (
         select count(*) = cardinality($1::text[]) and bool_and(room.units >= a.needed) as granted
           from room join unnest($1::text[], $5::int[]) a (budget, needed) using (budget)),
       taken as (
         update request_budget b
            set spent = array(select each + case when slot - 1 = mod(second, $3::int) then $4::int else 0 end
                                from unnest(k.spent) with ordinality s (each, slot) order by slot),
                counted_at = greatest(to_timestamp(second), clock_timestamp()),
                left_over = units - $4::int
           from kept k join room using (budget), verdict
          where b.budget = k.budget and granted)
  select budget, granted, (units - $4::int)::float8 as left, second::float8, most as "limit",
         case when granted then '{}'::int[] else spent end as spent
    from kept join room using (budget), verdict`
