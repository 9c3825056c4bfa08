import type { SyncCounts, SyncMode } from '@evergrant/event-contracts'
import {
  type Database,
  epochMs,
  type Projection,
  type RecordedFact,
  type RowStatement,
  sqlOf,
  type UnitOfWork,
  type Write,
  writesOf,
} from '@evergrant/event-store'
import type { SyncFact } from '../domain/sync-facts.ts'

/** How do syncs stand? */
export const syncStatus: Projection = {
  name: 'sync-status',
  apply: async (unit: UnitOfWork, recorded: RecordedFact) => {
    await applyFact(unit, recorded as RecordedFact<SyncFact>)
  },
  forget: async (unit, streamId) => {
    await sqlOf(unit)('delete from sync_status where stream_id = $1', [streamId])
  },
}

const requested: RowStatement = {
  columns: `sync_id uuid, stream_id text, user_id text, connection_ids uuid[], calendar_id uuid, mode text, cause text,
    requested_at timestamptz, correlation_id text, traceparent text`,
  text: (rows) => `
  insert into sync_status (sync_id, stream_id, user_id, connection_ids, calendar_id, status, mode, cause, requested_at,
         correlation_id, traceparent)
  select sync_id, stream_id, user_id, connection_ids, calendar_id, 'requested', mode, cause, requested_at,
         correlation_id, traceparent from ${rows}`,
}
const started: RowStatement = {
  columns: 'sync_id uuid, started_at timestamptz',
  text: (rows) => `
  update sync_status s set status = 'running', started_at = r.started_at from ${rows} r where s.sync_id = r.sync_id`,
}
const ended: RowStatement = {
  columns: `sync_id uuid, status text, mode text, failure text, retry_at timestamptz, ended_at timestamptz, pages int,
    upserted int, deleted int, unchanged int`,
  text: (rows) => `
  update sync_status s
     set status = r.status, mode = r.mode, failure = r.failure, retry_at = r.retry_at, ended_at = r.ended_at,
         pages = r.pages, upserted = r.upserted, deleted = r.deleted, unchanged = r.unchanged
    from ${rows} r where s.sync_id = r.sync_id`,
}

async function applyFact(unit: UnitOfWork, fact: RecordedFact<SyncFact>): Promise<void> {
  const write = writeFor(fact)
  if (write !== null) await writesOf(unit)([write])
}

function writeFor(fact: RecordedFact<SyncFact>): Write | null {
  switch (fact.type) {
    case 'SyncRequested': {
      const { syncId, userId, connectionIds, calendarId, mode, cause, requestedAt } = fact.data
      const { correlationId, traceparent = null } = fact.metadata
      const row = {
        ...{ sync_id: syncId, stream_id: fact.streamId, user_id: userId, connection_ids: connectionIds },
        ...{ calendar_id: calendarId, mode, cause, requested_at: requestedAt },
        ...{ correlation_id: correlationId, traceparent },
      }
      return { statement: requested, row }
    }
    case 'SyncStarted': {
      const { syncId, startedAt } = fact.data
      return { statement: started, row: { sync_id: syncId, started_at: startedAt } }
    }
    case 'SyncCompleted': {
      const { completedAt } = fact.data
      const how = { status: 'completed', failure: null, retry_at: null, ended_at: completedAt }
      return { statement: ended, row: { ...endOf(fact.data), ...how } }
    }
    case 'SyncFailed': {
      const { reason, retryAt, failedAt } = fact.data
      const how = { status: 'failed', failure: reason, retry_at: retryAt, ended_at: failedAt }
      return { statement: ended, row: { ...endOf(fact.data), ...how } }
    }
    default:
      return null
  }
}

function endOf(data: { readonly syncId: string; readonly mode: SyncMode; readonly counts: SyncCounts }) {
  const { pages, upserted, deleted, unchanged } = data.counts
  return { sync_id: data.syncId, mode: data.mode, pages, upserted, deleted, unchanged }
}

export interface SyncStatusRow {
  readonly id: string
  readonly userId: string
  readonly status: 'requested' | 'running' | 'completed' | 'failed'
  readonly mode: SyncMode
  readonly failure: string | null
  readonly retryAtMs: number | null
  readonly pages: number
  readonly upserted: number
  readonly deleted: number
  readonly unchanged: number
}

/** Waiting for its next try, or at it: what the resource says is in the way is from this very run. */
const isHeldUp = `r.state = 'running' and (r.attempt > 1 or (r.lease_owner is null and r.lease_until > now()))`

/** A sync with its counts so far: those of its runs while it runs, those of its last fact afterwards. Likewise what is in its
 * way: it may still end well. */
export async function findSync(database: Database, syncId: string): Promise<SyncStatusRow | null> {
  const rows = await sqlOf(database)<SyncStatusRow>(
    `select s.sync_id as id, s.user_id as "userId", s.status,
            case when s.ended_at is null then r.obstacle else s.failure end as failure,
            ${epochMs('case when s.ended_at is null then r.tried_again_at else s.retry_at end')} as "retryAtMs",
            case when r.went_full and s.ended_at is null then 'full' else s.mode end as mode,
            case when s.ended_at is null then coalesce(r.pages, 0) else s.pages end as pages,
            case when s.ended_at is null then coalesce(r.upserted, 0) else s.upserted end as upserted,
            case when s.ended_at is null then coalesce(r.deleted, 0) else s.deleted end as deleted,
            case when s.ended_at is null then coalesce(r.unchanged, 0) else s.unchanged end as unchanged
       from sync_status s
       left join lateral (
         select sum(pages)::int as pages, sum(upserted)::int as upserted, sum(deleted)::int as deleted,
                sum(unchanged)::int as unchanged, bool_or(mode_done = 'full') as went_full,
                min(o.failure_reason) filter (where ${isHeldUp}) as obstacle,
                min(r.lease_until) filter (where ${isHeldUp} and r.lease_owner is null) as tried_again_at
           from run_waiter w join resource_run r on r.run_id = w.run_id
           join synced_resource o on o.resource_id = r.resource_id
          where w.sync_id = s.sync_id and s.ended_at is null) r on true
      where s.sync_id = $1`,
    [syncId],
  )
  return rows[0] ?? null
}
