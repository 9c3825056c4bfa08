import { type Metrics, measureGauge } from '@evergrant/service-runtime'
import type { KindSeconds } from '../../projections/copy-freshness.ts'

/** How far the copy is behind, and how long Google will go on saying what changes. */
export function measureFreshness(
  metrics: Metrics,
  by: {
    readonly oldestCopies: () => Promise<readonly KindSeconds[]>
    readonly soonestChannelEnds: () => Promise<readonly KindSeconds[]>
    readonly onError: (error: unknown) => void
  },
): void {
  const gauge = (name: string, help: string, read: () => Promise<readonly KindSeconds[]>) =>
    measureGauge(metrics, {
      name,
      help,
      labels: ['kind'],
      read: async () => (await read()).map(({ kind, seconds }) => ({ labels: { kind }, value: seconds })),
      onError: by.onError,
    })
  gauge(
    'evergrant_sync_oldest_copy_seconds',
    'Since the copy of a live connection was last brought up to date, of the one that is furthest behind.',
    by.oldestCopies,
  )
  gauge(
    'evergrant_push_channel_soonest_end_seconds',
    'Until the push channel ends that ends first and was not replaced.',
    by.soonestChannelEnds,
  )
}
