import { SyncObstacle } from '../domain/sync-obstacle.ts'
import type { RequestBudget } from './ports.ts'
import type { Source, Sources } from './sources.ts'

/** Takes from the budget before Google is asked: a request that Google would refuse only makes the wait longer. The run
 * lets go of its lane meanwhile. */
export function withinBudget(sources: Sources, budget: RequestBudget): Sources {
  const counted = (source: Source): Source => ({
    ...source,
    fetch: async (run, request) => {
      if (await budget.take(run.connectionId)) return source.fetch(run, request)
      throw new SyncObstacle({ word: 'rate_limited', passing: true, retryAfterSeconds: 1 })
    },
  })
  // Gmail and Drive count units, and far more of them than these would ever use.
  return {
    ...sources,
    calendar_list: counted(sources.calendar_list),
    calendar: counted(sources.calendar),
  }
}
