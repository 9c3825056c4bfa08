import { type Database, epochMs, sqlOf } from '@evergrant/event-store'

export interface ServiceHealthRow {
  readonly service: string
  /** Connections that should work. */
  readonly live: number
  /** Of those, the ones Google or our own client keeps from working. */
  readonly failing: number
  /** The most frequent reason among the failing. */
  readonly reason: string | null
  /** Since when the first of them fails, in milliseconds. */
  readonly since: number | null
}

/** How each service stands over all connections. What only its user can fix says nothing about Google. */
export function serviceHealth(database: Database): Promise<ServiceHealthRow[]> {
  const failing = "reason in ('google_unavailable', 'client_misconfigured')"
  return sqlOf(database)<ServiceHealthRow>(
    `select service,
            count(*) filter (where status in ('active', 'missing_scopes', 'unknown'))::int as live,
            count(*) filter (where ${failing})::int as failing,
            mode() within group (order by reason) filter (where ${failing}) as reason,
            ${epochMs(`min(since) filter (where ${failing})`)} as since
       from connection_status group by service`,
  )
}
