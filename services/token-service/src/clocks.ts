import { createOldVends } from './adapters/audit/old-vends.ts'
import type { TokenConfig } from './config.ts'
import type { Core } from './core.ts'
import { startForgettingClock } from './entry-points/clock/forget-old-vends.ts'
import { startRefreshClock } from './entry-points/clock/refresh-due-grants.ts'
import { resumeAbandonedRefreshes } from './entry-points/clock/resume-abandoned-refreshes.ts'
import { startRevocationClock } from './entry-points/clock/revoke-due-grants.ts'
import { startRotationClock } from './entry-points/clock/rotate-vault-keys.ts'
import { watchGrants } from './entry-points/clock/watch-grants.ts'
import type { Outside } from './outside.ts'
import { grantsChangedAfter, safePosition } from './projections/grant-changes.ts'
import { abandonedRefreshes, claimDueRefreshes, claimDueRevocations } from './projections/grant-schedule.ts'

/** Longer than a refresh may take; a replica that dies leaves its claims to the others after that. */
const claimMs = 60_000
const dayMs = 86_400_000

/** What goes on without anybody asking. */
export function startClocks(config: Pick<TokenConfig, 'VENDS_KEPT_DAYS'>, outside: Outside, core: Core) {
  const { database, holder, ids, elapsedMs, clock, metrics, onError } = outside
  const { provider, freshness } = core
  const claim = (limit: number) => ({ now: provider.now(), limit, claimMs })
  return {
    refreshes: startRefreshClock({
      // What drift keeps from being recorded must not be begun.
      claim: async (limit) =>
        core.schemaWatch.schema.stateOf('token.refresh') === 'unavailable'
          ? { grants: [], more: false }
          : claimDueRefreshes(database, claim(limit)),
      freshness,
      ids,
      onError: onError('a scheduled refresh failed'),
    }),
    revocations: startRevocationClock({
      ...core,
      claim: (limit) => claimDueRevocations(database, claim(limit)),
      onError: onError('a revocation was not finished'),
    }),
    rotations: startRotationClock({
      vaultKeys: core.vaultKeys,
      holder: holder.bootId,
      onError: onError('a rotation of the vault keys did not get on'),
    }),
    forgetting: startForgettingClock({
      vends: createOldVends(database),
      ...{ clock, metrics },
      keptMs: config.VENDS_KEPT_DAYS * dayMs,
      onError: onError('old vends were not forgotten; the next round will'),
    }),
    watching: watchGrants({
      warmTokens: core.vend.warmTokens,
      elapsedMs,
      safePosition: () => safePosition(database),
      changedAfter: (position) => grantsChangedAfter(database, position),
      tokenQuery: () => core.grants.ofConnection(holder.bootId),
      onError: onError('changes of grants could not be read'),
    }),
    resuming: resumeAbandonedRefreshes({
      abandoned: () => abandonedRefreshes(database, holder),
      freshness,
      ids,
      onError: onError('refreshes of an earlier life were not resumed'),
    }),
  }
}
