import { type Metrics, measureGauge } from '@evergrant/service-runtime'
import type { SyncBacklog } from '../../projections/sync-backlog.ts'

/** What an operator scales by; measured when somebody scrapes. */
export function measureBacklog(
  metrics: Metrics,
  read: () => Promise<SyncBacklog>,
  onError: (error: unknown) => void,
): void {
  const gauge = (name: string, help: string, pick: (backlog: SyncBacklog) => number) =>
    measureGauge(metrics, {
      name,
      help,
      read: async () => [{ labels: {}, value: pick(await read()) }],
      onError,
    })
  gauge('evergrant_sync_runs_due', 'Resources that wait to be synced.', ({ due }) => due)
  gauge(
    'evergrant_sync_oldest_due_seconds',
    'How long the oldest of them has waited.',
    ({ oldestSeconds }) => oldestSeconds,
  )
}
