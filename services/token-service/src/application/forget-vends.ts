import type { Clock } from '@evergrant/decider'
import type { OldVends } from './ports.ts'

export interface ForgetVendsParts {
  readonly vends: OldVends
  readonly clock: Clock
  /** How long the record of a vend is kept; 0 for ever. */
  readonly keptMs: number
  readonly onForgotten: (entries: number) => void
}

/** A glance at each; few of them are due at a time. */
const grantsAtOnce = 500
const restMs = 60 * 60_000

/** Forgets old vends, some grants at a time: from the beginning of each grant's chain, whose rest stays verifiable.
 * @returns whether the round is not through. */
export function createForgetVends({
  vends,
  clock,
  keptMs,
  onForgotten,
}: ForgetVendsParts): () => Promise<boolean> {
  let after: string | null = null
  let restUntil = Number.NEGATIVE_INFINITY
  return async () => {
    const now = clock.now().getTime()
    if (keptMs === 0 || now < restUntil) return false
    const { forgotten, next } = await vends.forget({
      before: new Date(now - keptMs),
      after,
      limit: grantsAtOnce,
    })
    onForgotten(forgotten)
    after = next
    if (next === null) restUntil = now + restMs
    return next !== null
  }
}
