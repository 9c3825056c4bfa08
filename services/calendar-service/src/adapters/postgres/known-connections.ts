import { sqlOf } from '@evergrant/event-store'
import type { KnownConnection, KnownConnections } from '../../application/ports.ts'

const columns = 'connection_id as "connectionId", user_id as "userId", service, status, reason'

export const postgresKnownConnections: KnownConnections = {
  byId: async (unit, connectionId) => {
    const rows = await sqlOf(unit)<KnownConnection>(
      `select ${columns} from known_connection where connection_id = $1`,
      [connectionId],
    )
    return rows[0] ?? null
  },
  ofUser: (unit, userId, service) =>
    sqlOf(unit)<KnownConnection>(
      `select ${columns} from known_connection where user_id = $1 and service = $2 order by connection_id`,
      [userId, service],
    ),
}
