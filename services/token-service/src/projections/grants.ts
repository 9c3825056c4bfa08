import { connectionIdOf, services } from '@evergrant/event-contracts'
import { type Projection, type RecordedFact, sqlOf } from '@evergrant/event-store'
import { evolveGrant } from '../domain/evolve-grant.ts'
import { type GrantFact, grantFactCatalogue, grantIdOfStream } from '../domain/grant-facts.ts'
import { writeConnectionStatus } from './connection-status.ts'
import { grantBefore } from './grant-snapshots.ts'
import { writeGrantTrouble } from './grant-troubles.ts'
import { writeIssuedRefreshTokens } from './issued-refresh-tokens.ts'
import { namingDrift } from './schema-drift.ts'
import { writeUserOauthTokens } from './user-oauth-tokens.ts'
import { writeGrantState } from './write-grant-state.ts'

/** All read models of a grant: rows of one stream, kept in the transaction of its facts. */
export const grantsProjection: Projection = {
  name: 'grants',
  async apply(unit, fact) {
    if (!isGrantFact(fact)) return
    const before = await grantBefore(unit, fact)
    const grant = evolveGrant(before, fact)
    if (grant.status === 'none') return
    const change = { before, after: grant }
    await namingDrift(async () => {
      await writeGrantState(unit, { ...change, version: fact.version })
      await writeUserOauthTokens(unit, change, fact.recordedAt)
      await writeConnectionStatus(unit, change, fact.recordedAt)
      await writeGrantTrouble(unit, { ...change, fact })
      await writeIssuedRefreshTokens(unit, grant, fact)
    })
  },
  // By ids that come from the stream's own: rows are found whatever became of the others.
  async forget(unit, streamId) {
    const grantId = grantIdOfStream(streamId)
    if (grantId === undefined) return
    const sql = sqlOf(unit)
    await sql('delete from user_oauth_tokens where id = any($1::uuid[])', [connectionIdsOf(grantId)])
    await sql('delete from grant_trouble where grant_id = $1', [grantId])
    await sql('delete from issued_refresh_token where grant_id = $1', [grantId])
    await sql('delete from grant_state where grant_id = $1', [grantId])
  },
}

/** All a grant can have. */
export function connectionIdsOf(grantId: string): readonly string[] {
  return services.map((service) => connectionIdOf(grantId, service))
}

function isGrantFact(fact: RecordedFact): fact is RecordedFact<GrantFact> {
  return Object.hasOwn(grantFactCatalogue, fact.type)
}
