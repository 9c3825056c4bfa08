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
    /** For what is dear to find out and may be so old; scrapes come every few seconds. */
    readonly goodFor?: { readonly ms: number; readonly elapsedMs: () => number }
    readonly onError: (error: unknown) => void
  },
): void {
  const { goodFor } = gauge
  let known: { readonly at: number; readonly measured: Promise<readonly Measurement<Label>[]> } | undefined
  const recent = () => {
    if (goodFor === undefined) return gauge.read()
    const at = goodFor.elapsedMs()
    if (known === undefined || at - known.at > goodFor.ms) known = { at, measured: gauge.read() }
    return known.measured
  }
  metrics.gauge({
    name: gauge.name,
    help: gauge.help,
    labelNames: [...(gauge.labels ?? [])],
    async collect() {
      const measured = await recent().catch((error) => {
        known = undefined
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
