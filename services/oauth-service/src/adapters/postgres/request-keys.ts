import { type Database, sqlOf } from '@evergrant/event-store'
import type { RequestKeys } from '../../application/ports.ts'

/** One row per user and Idempotency-Key; the primary key decides between two requests at once. */
export function createRequestKeys(database: Database): RequestKeys {
  return {
    find: async (userId, key) => {
      const [row] = await sqlOf(database)<{ authorization_id: string; fingerprint: string }>(
        'select authorization_id, fingerprint from authorization_request_key where user_id = $1 and key = $2',
        [userId, key],
      )
      return row && { authorizationId: row.authorization_id, fingerprint: row.fingerprint }
    },
    claim: async (unit, { userId, key, fingerprint, authorizationId, now }) => {
      const rows = await sqlOf(unit)(
        `insert into authorization_request_key (user_id, key, fingerprint, authorization_id, created_at)
         values ($1, $2, $3, $4, $5) on conflict do nothing returning 1`,
        [userId, key, fingerprint, authorizationId, now],
      )
      return rows.length > 0
    },
  }
}
