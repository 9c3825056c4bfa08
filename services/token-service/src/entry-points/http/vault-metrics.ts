import { type Metrics, measureGauge } from '@evergrant/service-runtime'
import type { KeyRotation } from '../../application/ports.ts'

/** How the rotation of the outer key goes. Only the record of it is asked: a key service bills every question. */
export function measureRotation(
  metrics: Metrics,
  by: {
    readonly lastRotation: () => Promise<KeyRotation | null>
    readonly now: () => number
    readonly onError: (error: unknown) => void
  },
): void {
  const gauge = (name: string, help: string, pick: (rotation: KeyRotation) => number) =>
    measureGauge(metrics, {
      name: `evergrant_vault_rotation_${name}`,
      help,
      read: async () => {
        const rotation = await by.lastRotation()
        return [{ labels: {}, value: rotation ? pick(rotation) : 0 }]
      },
      onError: by.onError,
    })
  gauge('remaining', 'Data keys that the running rotation has not wrapped anew; 0 when none runs.', (last) =>
    last.finishedAt === null ? Math.max(0, last.total - last.rewrapped - last.unreadable) : 0,
  )
  gauge('running_seconds', 'Since the running rotation began; 0 when none runs.', (last) =>
    last.finishedAt === null ? Math.max(0, by.now() - last.startedAt) / 1_000 : 0,
  )
  gauge('unreadable', 'Data keys that the last rotation could not read.', (last) => last.unreadable)
}
