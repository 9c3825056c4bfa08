import type { Service } from '@evergrant/event-contracts'
import type { Metrics } from '@evergrant/service-runtime'
import type { RequestBudget } from '../../application/ports.ts'

const apis: readonly Service[] = ['calendar', 'drive', 'gmail']

/** The same budget, with what it grants and refuses counted, and how full the project's minute is when somebody scrapes. */
export function measureQuota(
  metrics: Metrics,
  budget: RequestBudget,
  onError: (error: unknown) => void,
): RequestBudget {
  const taken = metrics.counter({
    name: 'evergrant_google_quota_units_total',
    help: 'Quota units taken by this process, in each API’s own units.',
    labelNames: ['api'],
  })
  const refused = metrics.counter({
    name: 'evergrant_google_quota_refusals_total',
    help: 'Calls that were held back because Google would have refused them.',
    labelNames: ['api', 'whose'],
  })
  metrics.gauge({
    name: 'evergrant_google_quota_used_ratio',
    help: 'Share of the project’s quota used within the last minute, by all processes.',
    labelNames: ['api'],
    async collect() {
      for (const api of apis) {
        try {
          this.set({ api }, await budget.projectUse(api))
        } catch (error) {
          // Nothing rather than an old number: a scrape that could not look must not look healthy.
          this.remove({ api })
          onError(error)
        }
      }
    },
  })
  return {
    ...budget,
    take: async (ask) => {
      const { api, units } = ask
      const answer = await budget.take(ask)
      if (answer.granted) taken.inc({ api }, units)
      else refused.inc({ api, whose: answer.whose })
      return answer
    },
  }
}
