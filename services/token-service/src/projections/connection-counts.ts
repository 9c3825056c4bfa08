import { type Database, sqlOf } from '@evergrant/event-store'

export interface ConnectionCount {
  readonly service: string
  readonly status: string
  readonly reason: string | null
  readonly count: number
}

/** How many connections are in which state, and why? */
export function connectionCounts(database: Database): Promise<ConnectionCount[]> {
  return sqlOf(database)<ConnectionCount>(
    'select service, status, reason, count(*)::int as count from connection_status group by service, status, reason',
  )
}
