import { DomainError } from '@evergrant/decider'
import type { WarmTokens } from '../../application/warm-tokens.ts'
import { repeat } from './repeat.ts'

const everyMs = 500

/** Looks twice a second for changes that no signal told of, and whether tokens can be read at all: a vend from memory
 * would not notice a column that somebody dropped. */
export function watchGrants(deps: {
  readonly warmTokens: WarmTokens
  readonly elapsedMs: () => number
  readonly safePosition: () => Promise<number>
  readonly changedAfter: (position: number) => Promise<readonly string[]>
  /** Runs the token query on nothing; throws when the tables are not what it needs. */
  readonly tokenQuery: () => Promise<unknown>
  readonly onError: (error: unknown) => void
}): { stop(): Promise<void> } {
  const { warmTokens } = deps
  let after: number | undefined
  return repeat(
    everyMs,
    async () => {
      const at = deps.elapsedMs()
      try {
        // Before the facts are read: what commits between the two statements is read again next time.
        const safe = await deps.safePosition()
        const changed = after === undefined ? undefined : await deps.changedAfter(after)
        await deps.tokenQuery()
        if (changed === undefined) warmTokens.forgetAll()
        else for (const grantId of changed) warmTokens.forget(grantId)
        after = safe
        warmTokens.confirm(at)
      } catch (error) {
        // While the database is away nothing can change in it, and trust runs out by itself.
        const away = error instanceof DomainError && error.code === 'database_unavailable'
        if (!away) warmTokens.forgetAll()
        throw error
      }
      return false
    },
    deps.onError,
  )
}
