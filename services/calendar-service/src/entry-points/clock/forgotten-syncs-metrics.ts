import type { ForgottenSlice } from '@evergrant/event-store'
import type { Metrics } from '@evergrant/service-runtime'

/** Counts what goes; what a whole round had to keep is told when the round is through. */
export function createForgottenSyncsMetrics(
  metrics: Metrics,
): (slice: ForgottenSlice, isLast: boolean) => void {
  const forgotten = metrics.counter({
    name: 'evergrant_syncs_forgotten_total',
    help: 'Syncs whose records were removed, some time after they ended.',
  })
  const overdue = metrics.gauge({
    name: 'evergrant_sync_records_overdue',
    help: 'Records of syncs past their time that had to stay, by reason, in the last round of this process.',
    labelNames: ['reason'],
  })
  let kept: Record<string, number> = {}
  return (slice, isLast) => {
    forgotten.inc(slice.forgotten)
    for (const [reason, count] of Object.entries(slice.kept)) kept[reason] = (kept[reason] ?? 0) + count
    if (!isLast) return
    for (const [reason, count] of Object.entries(kept)) overdue.set({ reason }, count)
    kept = {}
  }
}
