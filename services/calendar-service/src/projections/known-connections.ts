import { type Projection, type RecordedFact, sqlOf, type UnitOfWork } from '@evergrant/event-store'
import type { ConnectionLinkFact } from '../domain/connection-link.ts'

type Row = readonly [status: 'expected' | 'active' | 'paused', reason: string | null, at: string]

function rowOf(fact: ConnectionLinkFact): Row | null {
  switch (fact.type) {
    case 'ConnectionExpected':
      return ['expected', 'awaiting_token', fact.data.issuedAt]
    case 'ConnectionActivated':
      return ['active', null, fact.data.activatedAt]
    case 'ConnectionRenewed':
      return ['active', null, fact.data.renewedAt]
    case 'ConnectionPaused':
      return ['paused', fact.data.reason, fact.data.pausedAt]
    default:
      return null
  }
}

/** Which connections are there, and do they work? */
export const knownConnections: Projection = {
  name: 'known-connections',
  apply: async (unit: UnitOfWork, recorded: RecordedFact) => {
    const fact = recorded as RecordedFact<ConnectionLinkFact>
    const row = rowOf(fact)
    if (row === null) return
    const { connectionId, userId, grantId, account, service = 'calendar' } = fact.data
    await sqlOf(unit)(
      `insert into known_connection
         (connection_id, stream_id, user_id, grant_id, account_email, service, status, reason, changed_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       on conflict (connection_id) do update set user_id = excluded.user_id, account_email = excluded.account_email,
         status = excluded.status, reason = excluded.reason, changed_at = excluded.changed_at`,
      [connectionId, fact.streamId, userId, grantId, account.email, service, ...row],
    )
  },
  forget: async (unit, streamId) => {
    await sqlOf(unit)('delete from known_connection where stream_id = $1', [streamId])
  },
}
