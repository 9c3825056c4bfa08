import type { Metrics } from '@evergrant/service-runtime'
import type { SyncBacklog } from '../../projections/sync-backlog.ts'

/** What an operator scales by; measured when somebody scrapes. */
export function measureBacklog(
  metrics: Metrics,
  read: () => Promise<SyncBacklog>,
  onError: (error: unknown) => void,
): void {
  const gauge = (name: string, help: string, pick: (backlog: SyncBacklog) => number) =>
    metrics.gauge({
      name,
      help,
      async collect() {
        try {
          this.set(pick(await read()))
        } catch (error) {
          // Nothing rather than an old number: a scrape that could not look must not look healthy.
          this.remove()
          onError(error)
        }
      },
    })
  gauge('evergrant_sync_runs_due', 'Resources that wait to be synced.', ({ due }) => due)
  gauge(
    'evergrant_sync_oldest_due_seconds',
    'How long the oldest of them has waited.',
    ({ oldestSeconds }) => oldestSeconds,
  )
}
