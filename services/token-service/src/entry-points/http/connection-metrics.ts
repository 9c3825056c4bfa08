import { type Metrics, measureGauge } from '@evergrant/service-runtime'
import type { ConnectionCount } from '../../projections/connection-counts.ts'

/** It counts a whole table, and the answer is for people to look at. */
const goodForMs = 60_000

/** What people ask first: are users connected, and if not, why. */
export function measureConnections(
  metrics: Metrics,
  by: {
    readonly counts: () => Promise<readonly ConnectionCount[]>
    readonly elapsedMs: () => number
    readonly onError: (error: unknown) => void
  },
): void {
  measureGauge(metrics, {
    name: 'evergrant_connections',
    help: 'Connections by state, at most a minute old.',
    labels: ['google_service', 'status', 'reason'],
    goodFor: { ms: goodForMs, elapsedMs: by.elapsedMs },
    read: async () =>
      (await by.counts()).map(({ service, status, reason, count }) => ({
        labels: { google_service: service, status, reason: reason ?? '' },
        value: count,
      })),
    onError: by.onError,
  })
}
