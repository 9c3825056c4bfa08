import { DomainError, type Ids } from '@evergrant/decider'
import type { Freshness } from '../../application/keep-fresh.ts'
import type { DueGrant } from '../../projections/grant-schedule.ts'

/** At start: what an earlier life of this instance announced and never finished is in doubt, and nobody else would finish
 * it before its lease ends. */
export async function resumeAbandonedRefreshes(deps: {
  readonly abandoned: () => Promise<readonly DueGrant[]>
  readonly freshness: Freshness
  readonly ids: Ids
  readonly onError: (error: unknown) => void
}): Promise<void> {
  const metadata = { actor: { kind: 'schedule' as const }, correlationId: deps.ids.next() }
  try {
    const left = await deps.abandoned()
    await Promise.all(
      left.map(({ grantId, generation }) =>
        deps.freshness
          .refresh({ grantId, seenGeneration: generation, cause: 'schedule', metadata })
          .catch((error: unknown) => {
            if (!(error instanceof DomainError)) deps.onError(error)
          }),
      ),
    )
  } catch (error) {
    deps.onError(error)
  }
}
