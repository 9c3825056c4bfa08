import { Migration } from '@mikro-orm/migrations'

/** Connections known from the bus, the resources that are synced, and the queue of their runs. */
export class SyncedResources extends Migration {
  readonly loses: readonly string[] = [
    'known_connection, synced_resource, resource_run, run_waiter, sync_status and their rows',
  ]

  override up(): void {
    this.addSql(`
      create table known_connection (
        connection_id uuid primary key,
        stream_id text not null,
        user_id text not null,
        grant_id uuid not null,
        account_email text not null,
        status text not null check (status in ('expected', 'active', 'paused')),
        reason text,
        changed_at timestamptz not null
      )`)
    this.addSql('create index known_connection_by_user on known_connection (user_id)')

    this.addSql(`
      create table synced_resource (
        resource_id uuid primary key,
        kind text not null check (kind in ('calendar_list', 'calendar')),
        connection_id uuid not null,
        user_id text not null,
        google_id text not null,
        generation integer not null default 0,
        sync_token text,
        query_hash text,
        pass jsonb,
        last_synced_at timestamptz,
        failure_reason text,
        not_before timestamptz,
        removed_at timestamptz
      )`)
    this.addSql('create index synced_resource_by_connection on synced_resource (connection_id)')

    this.addSql(`
      create table resource_run (
        run_id uuid primary key,
        resource_id uuid not null references synced_resource,
        connection_id uuid not null,
        state text not null check (state in ('queued', 'running', 'done', 'failed')),
        mode text not null check (mode in ('incremental', 'full')),
        mode_done text check (mode_done in ('incremental', 'full')),
        due_at timestamptz not null,
        attempt integer not null default 0,
        fence integer not null default 0,
        lease_owner text,
        lease_until timestamptz,
        pages integer not null default 0,
        upserted integer not null default 0,
        deleted integer not null default 0,
        unchanged integer not null default 0,
        ended_at timestamptz
      )`)
    // At most one running and one waiting: however many ask, requests collapse.
    this.addSql(
      `create unique index resource_run_one_queued on resource_run (resource_id) where state = 'queued'`,
    )
    this.addSql(
      `create unique index resource_run_one_running on resource_run (resource_id) where state = 'running'`,
    )
    this.addSql(`create index resource_run_due on resource_run (due_at) where state in ('queued', 'running')`)
    this.addSql(
      `create index resource_run_ended on resource_run (ended_at) where state in ('done', 'failed')`,
    )

    this.addSql(`
      create table run_waiter (
        run_id uuid not null references resource_run on delete cascade,
        sync_id uuid not null,
        primary key (run_id, sync_id)
      )`)
    this.addSql('create index run_waiter_by_sync on run_waiter (sync_id)')

    this.addSql(`
      create table sync_status (
        sync_id uuid primary key,
        stream_id text not null,
        user_id text not null,
        connection_ids uuid[] not null,
        calendar_id uuid,
        status text not null check (status in ('requested', 'running', 'completed', 'failed')),
        mode text not null check (mode in ('incremental', 'full')),
        cause text not null,
        pages integer not null default 0,
        upserted integer not null default 0,
        deleted integer not null default 0,
        unchanged integer not null default 0,
        failure text,
        retry_at timestamptz,
        requested_at timestamptz not null,
        started_at timestamptz,
        ended_at timestamptz
      )`)
    this.addSql(
      `grant select, insert, update, delete on known_connection, synced_resource, resource_run, run_waiter, sync_status
       to evergrant_service`,
    )
  }

  override down(): void {
    this.addSql('drop table sync_status, run_waiter, resource_run, synced_resource, known_connection')
  }
}
