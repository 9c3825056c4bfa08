import type { Metrics } from '@evergrant/service-runtime'
import type { Diagnosis } from '../../application/diagnose-grants.ts'

/** Scrapes come every few seconds, and a wave of deaths lasts an hour. */
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
  let known: { readonly at: number; readonly diagnosis: Promise<Diagnosis> } | undefined
  const recent = (): Promise<Diagnosis> => {
    const at = by.elapsedMs()
    if (known === undefined || at - known.at > goodForMs) known = { at, diagnosis: by.diagnose() }
    return known.diagnosis
  }
  metrics.gauge({
    name: 'evergrant_grant_cohort_grants',
    help: 'Grants in trouble for one cause within the last day, by reason.',
    labelNames: ['reason'],
    async collect() {
      // Nothing rather than an old number: a scrape that could not look must not look healthy.
      this.reset()
      try {
        for (const { reason, open, count } of (await recent()).items) if (open) this.inc({ reason }, count)
      } catch (error) {
        known = undefined
        by.onError(error)
      }
    },
  })
}
