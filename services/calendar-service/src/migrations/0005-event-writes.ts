import { Migration } from '@mikro-orm/migrations'

/** Writes to Google, on record before Google is asked, and the revisions of one event. */
export class EventWrites extends Migration {
  readonly loses: readonly string[] = [
    'event_write and its rows: writes whose outcome at Google is still to be looked up',
  ]

  override up(): void {
    this.addSql(`
      create table event_write (
        write_id uuid primary key,
        stream_id text not null,
        user_id text not null,
        calendar_id uuid not null,
        event_id text not null,
        kind text not null check (kind in ('insert', 'patch', 'delete')),
        status text not null check (status in ('requested', 'in_doubt', 'applied', 'conflicted', 'refused')),
        requested_at timestamptz not null,
        looked_at timestamptz
      )`)
    this.addSql(
      `create index event_write_open on event_write (requested_at) where status in ('requested', 'in_doubt')`,
    )
    this.addSql('create index calendar_change_by_event on calendar_change (calendar_id, event_id, seq)')
    this.addSql('grant select, insert, update, delete on event_write to evergrant_service')
  }

  override down(): void {
    this.addSql('drop index calendar_change_by_event')
    this.addSql('drop table event_write')
  }
}
