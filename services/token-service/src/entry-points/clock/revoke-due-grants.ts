import type { Ids } from '@evergrant/decider'
import { type RevokeDeps, revokeAtGoogle } from '../../application/revoke-at-google.ts'
import type { DueGrant } from '../../projections/grant-schedule.ts'
import { repeat } from './repeat.ts'

const everyMs = 2_000
const batch = 10

/** Tells Google about ended grants: at once when asked to hurry, and by schedule until Google has heard it. */
export function startRevocationClock(
  deps: RevokeDeps & {
    readonly claim: (limit: number) => Promise<readonly DueGrant[]>
    readonly ids: Ids
    readonly onError: (error: unknown) => void
  },
): { stop(): Promise<void>; hurry(grantId: string): void } {
  const underWay = new Set<Promise<void>>()
  const revoke = (grantId: string): Promise<void> => {
    const metadata = { actor: { kind: 'schedule' as const }, correlationId: deps.ids.next() }
    const work = revokeAtGoogle(deps, grantId, metadata)
      .catch(deps.onError)
      .finally(() => underWay.delete(work))
    underWay.add(work)
    return work
  }
  const clock = repeat(
    everyMs,
    async () => {
      const due = await deps.claim(batch)
      await Promise.all(due.map(({ grantId }) => revoke(grantId)))
      return due.length === batch
    },
    deps.onError,
  )
  return {
    hurry: (grantId) => void revoke(grantId),
    stop: async () => {
      await clock.stop()
      await Promise.all(underWay)
    },
  }
}
