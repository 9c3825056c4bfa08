import type { SyncCounts } from '@evergrant/event-contracts'
import { type Database, sqlOf } from '@evergrant/event-store'
import type { ClaimedRun, RunQueue, WaitingSync } from '../../application/ports.ts'
import { calendarErrors } from '../../domain/errors.ts'
import { userBudgetText } from './request-budget.ts'
import { cursorFrom, cursorParams } from './resources.ts'

const suspectAfterAttempts = 2

/**
 * The queue of resource runs in PostgreSQL: queued → running → done or failed. A run is held by a lease; a holder
 * that dies or waits lets it run out, or takes it back when it starts again, and any replica takes over with a higher fence. Leases use the database's
 * clock, which is the only one all replicas share. Who has the fewest runs under way is next, then whoever Google was asked
 * for least lately, then who waits longest: somebody with a thousand calendars has one turn in each round, as everybody.
 */
export function createRunQueue(database: Database): RunQueue {
  return {
    enqueue: async (unit, { runId, resourceId, connectionId, mode, syncId }) => {
      await sqlOf(unit)(
        `with run as (
           insert into resource_run (run_id, resource_id, connection_id, state, mode, due_at)
           values ($1, $2, $3, 'queued', $4, now())
           on conflict (resource_id) where state = 'queued'
           do update set mode = case when excluded.mode = 'full' then 'full' else resource_run.mode end
           returning run_id)
         insert into run_waiter (run_id, sync_id) select run_id, $5 from run on conflict do nothing`,
        [runId, resourceId, connectionId, mode, syncId],
      )
    },
    claim: async (owner, leaseMs) => {
      const rows = await sqlOf(database)<ClaimedRun>(claimText, [owner, leaseMs])
      return rows[0] ?? null
    },
    takeBack: async (owner) => {
      await sqlOf(database)(
        `update resource_run set lease_until = now()
          where state = 'running' and lease_owner = $1 and lease_until > now() and attempt <= $2`,
        [owner, suspectAfterAttempts],
      )
    },
    progress: async (unit, run, { counts, mode, leaseMs }) => {
      const held = await sqlOf(unit)<{ run_id: string }>(
        `update resource_run
            set lease_until = now() + $3::float8 * interval '1 millisecond',
                attempt = case when $5::int + $6::int + $7::int > 0 then 0 else attempt end, mode_done = $4,
                pages = pages + $5, upserted = upserted + $6, deleted = deleted + $7, unchanged = unchanged + $8
          where run_id = $1 and fence = $2 and state = 'running'
        returning run_id`,
        [
          run.runId,
          run.fence,
          leaseMs,
          mode,
          counts.pages,
          counts.upserted,
          counts.deleted,
          counts.unchanged,
        ],
      )
      if (held.length === 0) throw calendarErrors.lease_lost()
    },
    postpone: async ({ runId, fence }, delayMs, wasTried) => {
      await sqlOf(database)(
        `update resource_run
            set lease_until = now() + $3::float8 * interval '1 millisecond', lease_owner = null,
                attempt = greatest(attempt - case when $4 then 0 else 1 end, 0)
          where run_id = $1 and fence = $2 and state = 'running'`,
        [runId, fence, delayMs, wasTried],
      )
    },
    end: async (unit, { runId }, state) => {
      const rows = await sqlOf(unit)<SyncCounts>(
        `update resource_run
            set state = $2, ended_at = now(), lease_until = null, lease_owner = null, fence = fence + 1
          where run_id = $1
        returning pages, upserted, deleted, unchanged`,
        [runId, state],
      )
      const { pages = 0, upserted = 0, deleted = 0, unchanged = 0 } = rows[0] ?? {}
      return { pages, upserted, deleted, unchanged }
    },
    complete: async (unit, run, { counts, mode, cursor }) => {
      const { pages, upserted, deleted, unchanged } = counts
      const rows = await sqlOf(unit)<SyncCounts & { waiting: WaitingSync[] }>(completeText, [
        ...[run.runId, run.fence, mode, pages, upserted, deleted, unchanged],
        ...cursorParams(cursor),
      ])
      const [all] = rows
      if (all === undefined) throw calendarErrors.lease_lost()
      const { waiting, ...counted } = all
      return { counts: counted, waiting }
    },
    whoWaits: (runId) => sqlOf(database)<WaitingSync>(waitersText, [runId]),
    waiters: (unit, runId) => sqlOf(unit)<WaitingSync>(`${waitersText} for update`, [runId]),
    underWay: (unit, connectionId) =>
      sqlOf(unit)<{ runId: string; resourceId: string }>(
        `select run_id as "runId", resource_id as "resourceId" from resource_run
          where connection_id = $1 and state in ('queued', 'running') order by run_id for update`,
        [connectionId],
      ),
  }
}

const waitersText = `
  select s.sync_id as "syncId", coalesce(s.correlation_id, s.sync_id::text) as "correlationId", s.traceparent
    from sync_status s
   where s.sync_id in (select w.sync_id from run_waiter w where w.run_id = $1)
   order by s.sync_id`

const completeText = `
  with ended as (
    update resource_run
       set state = 'done', ended_at = now(), lease_until = null, lease_owner = null, fence = fence + 1, attempt = 0,
           mode_done = $3, pages = pages + $4, upserted = upserted + $5, deleted = deleted + $6,
           unchanged = unchanged + $7
     where run_id = $1 and fence = $2 and state = 'running'
    returning resource_id, pages, upserted, deleted, unchanged),
  saved as (
    update synced_resource r
       set ${cursorFrom(8)}, last_synced_at = now(), failure_reason = null, not_before = null
      from ended e where r.resource_id = e.resource_id)
  select pages, upserted, deleted, unchanged,
         (select coalesce(jsonb_agg(w), '[]') from (${waitersText} for update) w) as waiting
    from ended`

const isDue = `(r.state = 'queued' and r.due_at <= now() and not exists (
              select 1 from resource_run o where o.resource_id = r.resource_id and o.state = 'running'))
        or (r.state = 'running' and r.lease_until <= now())`

const claimText = `
  with candidate as (
    select r.run_id, s.kind, s.google_id
      from resource_run r join synced_resource s on s.resource_id = r.resource_id
     where ${isDue}
     order by (select count(*) from resource_run o
                where o.connection_id = r.connection_id and o.state = 'running' and o.lease_owner is not null
                  and o.lease_until > now()),
              (select b.counted_at from request_budget b where b.budget = ${userBudgetText('s.kind', 'r.connection_id')})
                nulls first,
              coalesce(r.lease_until, r.due_at)
     limit 1
       for update of r skip locked)
  update resource_run r
     set state = 'running', lease_owner = $1, fence = r.fence + 1, attempt = r.attempt + 1,
         lease_until = now() + $2::float8 * interval '1 millisecond'
    from candidate c
   where r.run_id = c.run_id
  returning r.run_id as "runId", r.resource_id as "resourceId", r.connection_id as "connectionId", c.kind,
            c.google_id as "googleId", r.mode,
            r.attempt, r.fence,
            exists (select 1 from resource_run r where r.run_id <> c.run_id and (${isDue})) as "othersDue"`
