import type { SyncCounts, SyncMode } from '@evergrant/event-contracts'
import {
  type Database,
  epochMs,
  type Projection,
  type RecordedFact,
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

async function applyFact(unit: UnitOfWork, fact: RecordedFact<SyncFact>): Promise<void> {
  const write = rowFor(fact)
  if (write !== null) await writesOf(unit)([write])
}

function rowFor(fact: RecordedFact<SyncFact>): Write | null {
  switch (fact.type) {
    case 'SyncRequested':
      return requested(fact, fact.data)
    case 'SyncStarted':
      return {
        text: (onlyIf) =>
          `update sync_status set status = 'running', started_at = $2::timestamptz where sync_id = $1::uuid and ${onlyIf}`,
        params: [fact.data.syncId, fact.data.startedAt],
      }
    case 'SyncCompleted': {
      const { completedAt: at } = fact.data
      return ended(fact.data, { status: 'completed', failure: null, retryAt: null, at })
    }
    case 'SyncFailed': {
      const { reason, retryAt, failedAt } = fact.data
      return ended(fact.data, { status: 'failed', failure: reason, retryAt, at: failedAt })
    }
    default:
      return null
  }
}

function requested(
  { streamId, metadata }: RecordedFact,
  data: Extract<SyncFact, { type: 'SyncRequested' }>['data'],
): Write {
  const { syncId, userId, connectionIds, calendarId, mode, cause, requestedAt } = data
  const { correlationId, traceparent = null } = metadata
  return {
    text: (onlyIf) =>
      `insert into sync_status
         (sync_id, stream_id, user_id, connection_ids, calendar_id, status, mode, cause, requested_at,
          correlation_id, traceparent)
       select $1::uuid, $2, $3, $4::uuid[], $5::uuid, 'requested', $6, $7, $8::timestamptz, $9, $10 where ${onlyIf}`,
    params: [
      ...[syncId, streamId, userId, connectionIds, calendarId, mode, cause, requestedAt],
      ...[correlationId, traceparent],
    ],
  }
}

function ended(
  data: { readonly syncId: string; readonly mode: SyncMode; readonly counts: SyncCounts },
  ending: {
    readonly status: 'completed' | 'failed'
    readonly failure: string | null
    readonly retryAt: string | null
    readonly at: string
  },
): Write {
  const { pages, upserted, deleted, unchanged } = data.counts
  return {
    text: (onlyIf) =>
      `update sync_status
          set status = $2, mode = $3, failure = $4, retry_at = $5::timestamptz, ended_at = $6::timestamptz,
              pages = $7::int, upserted = $8::int, deleted = $9::int, unchanged = $10::int
        where sync_id = $1::uuid and ${onlyIf}`,
    params: [
      ...[data.syncId, ending.status, data.mode, ending.failure, ending.retryAt, ending.at],
      ...[pages, upserted, deleted, unchanged],
    ],
  }
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

/** A sync with its counts so far: those of its runs while it runs, those of its last fact afterwards. */
export async function findSync(database: Database, syncId: string): Promise<SyncStatusRow | null> {
  const rows = await sqlOf(database)<SyncStatusRow>(
    `select s.sync_id as id, s.user_id as "userId", s.status, s.failure, ${epochMs('s.retry_at')} as "retryAtMs",
            case when r.went_full and s.ended_at is null then 'full' else s.mode end as mode,
            case when s.ended_at is null then coalesce(r.pages, 0) else s.pages end as pages,
            case when s.ended_at is null then coalesce(r.upserted, 0) else s.upserted end as upserted,
            case when s.ended_at is null then coalesce(r.deleted, 0) else s.deleted end as deleted,
            case when s.ended_at is null then coalesce(r.unchanged, 0) else s.unchanged end as unchanged
       from sync_status s
       left join lateral (
         select sum(pages)::int as pages, sum(upserted)::int as upserted, sum(deleted)::int as deleted,
                sum(unchanged)::int as unchanged, bool_or(mode_done = 'full') as went_full
           from run_waiter w join resource_run r on r.run_id = w.run_id
          where w.sync_id = s.sync_id and s.ended_at is null) r on true
      where s.sync_id = $1`,
    [syncId],
  )
  return rows[0] ?? null
}
