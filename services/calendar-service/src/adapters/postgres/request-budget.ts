import { type Database, sqlOf } from '@evergrant/event-store'
import type { RequestBudget } from '../../application/ports.ts'

interface BudgetLimits {
  /** At once, after a pause. */
  readonly burst: number
  readonly perSecond: number
}

/** Google counts a sliding minute: 600 requests per user and 10,000 per project (Calendar's usage limits). What a bucket
 * lets through in any minute, burst and refill together, stays below that. */
const calendarLimits: Readonly<Record<'user' | 'project', BudgetLimits>> = {
  user: { burst: 100, perSecond: 8 },
  project: { burst: 1_500, perSecond: 140 },
}

/** Token buckets that all replicas share, by the database's clock. */
export function createRequestBudget(database: Database, limits = calendarLimits): RequestBudget {
  const take = async (budget: string, { burst, perSecond }: BudgetLimits) => {
    const rows = await sqlOf(database)(
      `insert into request_budget as b (budget, left_over, counted_at) values ($1, $2::float8 - 1, clock_timestamp())
       on conflict (budget) do update
         set left_over = least($2::float8, b.left_over + $3::float8
                           * extract(epoch from clock_timestamp() - b.counted_at)) - 1,
             counted_at = clock_timestamp()
       where least($2::float8, b.left_over + $3::float8
               * extract(epoch from clock_timestamp() - b.counted_at)) >= 1
       returning 1`,
      [budget, burst, perSecond],
    )
    return rows.length > 0
  }
  return {
    // The user's first: one who asks for too much must not use up what is everybody's.
    take: async (connectionId) =>
      (await take(`user ${connectionId}`, limits.user)) && (await take('project', limits.project)),
    forgetIdle: async () => {
      await sqlOf(database)(`delete from request_budget where counted_at < now() - interval '1 hour'`)
    },
  }
}
