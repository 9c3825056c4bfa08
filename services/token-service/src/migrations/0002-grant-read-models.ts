import { Migration } from '@mikro-orm/migrations'

export class GrantReadModels extends Migration {
  readonly loses: readonly string[] = ['grant_state, connection_status, grant_schedule and their rows']

  override up(): void {
    this.addSql(`
      create table grant_state (
        grant_id uuid primary key,
        stream_id text not null unique,
        user_id text not null,
        issuer text not null,
        account_id text not null,
        status text not null,
        state jsonb not null
      )`)
    this.addSql("create index grant_state_account on grant_state (issuer, account_id) where status = 'live'")
    this.addSql(`
      create table connection_status (
        id uuid primary key,
        grant_id uuid not null references grant_state on delete cascade,
        user_id text not null,
        service text not null,
        status text not null,
        reason text,
        since timestamptz not null,
        connected_at timestamptz not null
      )`)
    this.addSql('create index connection_status_of_user on connection_status (user_id, id)')
    this.addSql('create index connection_status_of_grant on connection_status (grant_id)')
    this.addSql(`
      create table grant_schedule (
        grant_id uuid not null references grant_state on delete cascade,
        task text not null check (task in ('refresh', 'revoke')),
        due_at timestamptz not null,
        claimed_until timestamptz,
        primary key (grant_id, task)
      )`)
    this.addSql('create index grant_schedule_due on grant_schedule (task, due_at)')
    this.addSql(
      'grant select, insert, update, delete on grant_state, connection_status, grant_schedule to evergrant_service',
    )
  }

  override down(): void {
    this.addSql('drop table grant_schedule, connection_status, grant_state')
  }
}
