import { type Projection, type RecordedFact, sqlOf } from '@evergrant/event-store'
import { evolveGrant } from '../domain/evolve-grant.ts'
import { type GrantFact, grantFactCatalogue } from '../domain/grant-facts.ts'
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
  async forget(unit, streamId) {
    const sql = sqlOf(unit)
    await sql(
      `delete from user_oauth_tokens t using connection_status c, grant_state g
        where t.id = c.id and c.grant_id = g.grant_id and g.stream_id = $1`,
      [streamId],
    )
    const ofStream = 'using grant_state g where t.grant_id = g.grant_id and g.stream_id = $1'
    await sql(`delete from grant_trouble t ${ofStream}`, [streamId])
    await sql(`delete from issued_refresh_token t ${ofStream}`, [streamId])
    await sql('delete from grant_state where stream_id = $1', [streamId])
  },
}

function isGrantFact(fact: RecordedFact): fact is RecordedFact<GrantFact> {
  return Object.hasOwn(grantFactCatalogue, fact.type)
}
