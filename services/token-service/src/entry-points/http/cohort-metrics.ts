import { type Metrics, measureGauge } from '@evergrant/service-runtime'
import type { Diagnosis } from '../../application/diagnose-grants.ts'

/** A wave of deaths lasts an hour. */
const goodForMs = 60_000

/** What an alert is made of: how many grants the open cohorts have, by reason. */
export function measureCohorts(
  metrics: Metrics,
  by: {
    readonly diagnose: () => Promise<Diagnosis>
    readonly elapsedMs: () => number
    readonly onError: (error: unknown) => void
  },
): void {
  measureGauge(metrics, {
    name: 'evergrant_grant_cohort_grants',
    help: 'Grants in trouble for one cause within the last day, by reason.',
    labels: ['reason'],
    goodFor: { ms: goodForMs, elapsedMs: by.elapsedMs },
    read: async () => {
      const open = (await by.diagnose()).items.filter((cohort) => cohort.open)
      return [...Map.groupBy(open, ({ reason }) => reason)].map(([reason, cohorts]) => ({
        labels: { reason },
        value: cohorts.reduce((sum, { count }) => sum + count, 0),
      }))
    },
    onError: by.onError,
  })
}
