import type { Metrics } from '@evergrant/service-runtime'
import { createForgetVends, type ForgetVendsParts } from '../../application/forget-vends.ts'
import { repeat } from './repeat.ts'

const everyMs = 15_000

/** Forgets old vends, in every replica: a grant that one of them is at is left out by the others. */
export function startForgettingClock(
  parts: Omit<ForgetVendsParts, 'onForgotten'> & {
    readonly metrics: Metrics
    readonly onError: (error: unknown) => void
  },
): { stop(): Promise<void> } {
  const forgotten = parts.metrics.counter({
    name: 'evergrant_vends_forgotten_total',
    help: 'Records of vends that were removed because their time was over.',
  })
  const onForgotten = (entries: number) => forgotten.inc(entries)
  return repeat(everyMs, createForgetVends({ ...parts, onForgotten }), parts.onError)
}
