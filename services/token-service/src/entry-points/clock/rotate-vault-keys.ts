import type { VaultKeys } from '../../application/ports.ts'
import { repeat } from './repeat.ts'

const everyMs = 2_000
/** Small, so that a batch is over long before the lease. */
const batch = 100
const leaseMs = 30_000

/** Carries a rotation on, whichever replica began it; one that dies leaves it to the others after the lease. */
export function startRotationClock(deps: {
  readonly vaultKeys: VaultKeys
  readonly holder: string
  readonly onError: (error: unknown) => void
}): { stop(): Promise<void> } {
  return repeat(
    everyMs,
    async () => {
      const rotation = await deps.vaultKeys.claim(deps.holder, leaseMs)
      if (!rotation) return false
      const { finished } = await deps.vaultKeys.rewrapNext(rotation.id, batch)
      return !finished
    },
    deps.onError,
  )
}
