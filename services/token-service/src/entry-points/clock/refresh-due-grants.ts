import { DomainError, type Ids } from '@evergrant/decider'
import type { Freshness } from '../../application/keep-fresh.ts'
import { retryBudgetReason } from '../../application/refresh-grant.ts'
import { firstWidth, widthAfter } from '../../domain/refresh-pace.ts'
import type { DueGrant } from '../../projections/grant-schedule.ts'
import { repeat } from './repeat.ts'

const everyMs = 1_000

/** A failure is a fact with a time for the next attempt; the clock has nothing to add to it. */
const recorded = new Set([
  'google_unavailable',
  'needs_reauthorization',
  'client_misconfigured',
  'refresh_backing_off',
  'connection_not_found',
])
const struggling = new Set(['google_unavailable', 'client_misconfigured'])

/** Our own retry budget says nothing new about Google, and a refresh held back has not asked it. */
function heldBack(error: unknown): boolean {
  return error instanceof DomainError && error.context.extensions?.reason === retryBudgetReason
}

/** Refreshes ahead of expiry; any number of replicas share the work. A slow one takes one place, not everybody's time. */
export function startRefreshClock(deps: {
  readonly claim: (limit: number) => Promise<{ readonly grants: readonly DueGrant[]; readonly more: boolean }>
  readonly freshness: Freshness
  readonly ids: Ids
  readonly onError: (error: unknown) => void
}): { stop(): Promise<void> } {
  const underWay = new Set<Promise<void>>()
  let width = firstWidth

  const refresh = async ({ grantId, generation }: DueGrant): Promise<void> => {
    const metadata = { actor: { kind: 'schedule' as const }, correlationId: deps.ids.next() }
    try {
      await deps.freshness.refresh({ grantId, seenGeneration: generation, cause: 'schedule', metadata })
      width = widthAfter('refreshed', width)
    } catch (error) {
      const code = error instanceof DomainError ? error.code : undefined
      if (code !== undefined && struggling.has(code) && !heldBack(error))
        width = widthAfter('struggling', width)
      if (code === undefined || !recorded.has(code)) deps.onError(error)
    }
  }

  const clock = repeat(
    everyMs,
    async () => {
      // A quarter at a time: one claim for a handful of grants, and no wait for the slowest of them.
      const enough = Math.ceil(width / 4)
      while (underWay.size > 0 && width - underWay.size < enough) await Promise.race(underWay)
      const free = Math.max(1, width - underWay.size)
      const { grants, more } = await deps.claim(free)
      for (const grant of grants) {
        const work: Promise<void> = refresh(grant).finally(() => underWay.delete(work))
        underWay.add(work)
      }
      return more
    },
    deps.onError,
  )
  return {
    stop: async () => {
      await clock.stop()
      await Promise.all(underWay)
    },
  }
}
