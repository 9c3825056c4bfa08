import type { Clock } from '@evergrant/decider'
import { type Database, sqlOf } from '@evergrant/event-store'
import { countingSiblings } from './application/count-siblings.ts'
import { type Diagnosis, diagnoseGrants } from './application/diagnose-grants.ts'
import type { HandleGrant } from './application/grant-commands.ts'
import { livingGrants, recentTroubles } from './projections/grant-troubles.ts'
import { crowdedAccounts, siblingsOf } from './projections/issued-refresh-tokens.ts'

/** What can only be seen over many grants: why one died, and what many died of. */
export function createDiagnosis({
  database,
  clock,
}: {
  readonly database: Database
  readonly clock: Clock
}): {
  readonly diagnose: () => Promise<Diagnosis>
  readonly counting: (handle: HandleGrant) => HandleGrant
} {
  const sql = sqlOf(database)
  return {
    diagnose: () =>
      diagnoseGrants({
        troubles: (range) => recentTroubles(sql, range),
        living: (range) => livingGrants(sql, range),
        crowded: (range) => crowdedAccounts(sql, range),
        clock,
      }),
    counting: (handle) => countingSiblings(handle, (grantId) => siblingsOf(sql, grantId, clock.now())),
  }
}
