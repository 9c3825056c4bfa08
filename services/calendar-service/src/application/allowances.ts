import type { Service } from '@evergrant/event-contracts'
import { SyncObstacle } from '../domain/sync-obstacle.ts'
import type { Allowance, RequestBudget } from './ports.ts'

export type Allowances = (api: Service, connectionId: string) => Allowance

export interface Patience {
  readonly ms: number
  readonly sleep: (ms: number) => Promise<unknown>
}

const none: Patience = { ms: 0, sleep: async () => {} }

/** Takes from the budget before Google is asked: a request that Google would refuse only makes the wait longer. Who can
 * wait elsewhere has no patience here, and lets go of its lane; a caller who waits for an answer has some. */
export function createAllowances(budget: RequestBudget, patience: Patience = none): Allowances {
  return (api, connectionId) => ({
    take: async (units) => {
      for (let leftMs = patience.ms; ; ) {
        const answer = await budget.take({ api, connectionId, units })
        if (answer.granted) return answer.left
        const { retryAfterSeconds } = answer
        leftMs -= retryAfterSeconds * 1000
        if (leftMs < 0)
          throw new SyncObstacle({ word: 'waiting_for_quota', passing: true, retryAfterSeconds })
        await patience.sleep(retryAfterSeconds * 1000)
      }
    },
  })
}
