import { DomainError, type Ids } from '@evergrant/decider'
import type { Freshness } from '../../application/keep-fresh.ts'
import type { DueGrant } from '../../projections/grant-schedule.ts'
import { repeat } from './repeat.ts'

const everyMs = 1_000
const batch = 20

/** A failure is a fact with a time for the next attempt; the clock has nothing to add to it. */
const recorded = new Set([
  'google_unavailable',
  'needs_reauthorization',
  'client_misconfigured',
  'refresh_backing_off',
  'connection_not_found',
])

/** Refreshes ahead of expiry; any number of replicas share the work. */
export function startRefreshClock(deps: {
  readonly claim: (limit: number) => Promise<readonly DueGrant[]>
  readonly freshness: Freshness
  readonly ids: Ids
  readonly onError: (error: unknown) => void
}): { stop(): Promise<void> } {
  return repeat(
    everyMs,
    async () => {
      const due = await deps.claim(batch)
      await Promise.all(
        due.map(({ grantId, generation }) =>
          deps.freshness
            .refresh({
              grantId,
              seenGeneration: generation,
              cause: 'schedule',
              metadata: { actor: { kind: 'schedule' }, correlationId: deps.ids.next() },
            })
            .catch((error: unknown) => {
              if (!(error instanceof DomainError) || !recorded.has(error.code)) deps.onError(error)
            }),
        ),
      )
      return due.length === batch
    },
    deps.onError,
  )
}
