import { type Rebuildable, rebuildFromFacts } from '@evergrant/event-store'
import { grantIdOfStream, grantStreamType } from './domain/grant-facts.ts'
import { connectionIdsOf, grantsProjection } from './projections/grants.ts'

const ofGrant = { where: 'grant_id = $1', of: grantIdOfStream } as const

/** The read models that facts alone make. Tokens are in no fact: the vault is not one of them, nor are the record of vends
 * and when a connection was last used. */
export const rebuildable: readonly Rebuildable[] = [
  rebuildFromFacts(grantsProjection, {
    streamTypes: [grantStreamType],
    tables: [
      // A snapshot of an older release is no wrong row: it is only folded anew.
      { table: 'grant_state', key: ['grant_id'], kept: ['version', 'shape'], ...ofGrant },
      {
        table: 'user_oauth_tokens',
        key: ['id'],
        where: 'id = any($1::uuid[])',
        of: (streamId) => connectionIdsOf(grantIdOfStream(streamId) ?? ''),
      },
      { table: 'connection_status', key: ['id'], ...ofGrant },
      // Whoever looks at a grant puts it off or claims it.
      { table: 'grant_schedule', key: ['grant_id', 'task'], kept: ['due_at', 'claimed_until'], ...ofGrant },
      { table: 'grant_trouble', key: ['grant_id', 'generation'], ...ofGrant },
      { table: 'issued_refresh_token', key: ['grant_id', 'generation'], ...ofGrant },
    ],
  }),
]
