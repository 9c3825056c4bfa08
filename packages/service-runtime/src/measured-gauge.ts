import type { Metrics } from './metrics.ts'

export interface Measurement<Label extends string> {
  readonly labels: Readonly<Partial<Record<Label, string>>>
  readonly value: number
}

/** A gauge that is measured when somebody scrapes. Absent rather than old when it could not be: a scrape that could not
 * look must not look healthy. */
export function measureGauge<Label extends string>(
  metrics: Metrics,
  gauge: {
    readonly name: string
    readonly help: string
    readonly labels?: readonly Label[]
    readonly read: () => Promise<readonly Measurement<Label>[]>
    readonly onError: (error: unknown) => void
  },
): void {
  metrics.gauge({
    name: gauge.name,
    help: gauge.help,
    labelNames: [...(gauge.labels ?? [])],
    async collect() {
      const measured = await gauge.read().catch((error) => {
        gauge.onError(error)
        return undefined
      })
      this.reset()
      // Without labels, a gauge that was reset says 0.
      if (!gauge.labels?.length && !measured?.length) this.remove()
      for (const { labels, value } of measured ?? []) this.set(labels, value)
    },
  })
}
