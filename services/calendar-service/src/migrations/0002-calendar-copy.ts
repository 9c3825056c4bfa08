import { Migration } from '@mikro-orm/migrations'

/** The copy itself: calendars, events, the generation being staged, and the change log in reading order. */
export class CalendarCopy extends Migration {
  readonly loses: readonly string[] = [
    'calendar, calendar_event, calendar_event_staged, change_position, calendar_change and their rows',
  ]

  override up(): void {
    this.addSql(`
      create table calendar (
        calendar_id uuid primary key references synced_resource,
        connection_id uuid not null,
        user_id text not null,
        google_id text not null,
        summary text,
        time_zone text,
        is_primary boolean not null default false,
        access_role text,
        etag text,
        list_generation integer not null,
        removed_at timestamptz,
        raw jsonb not null
      )`)
    this.addSql('create index calendar_by_user on calendar (user_id, calendar_id)')
    this.addSql('create index calendar_by_connection on calendar (connection_id)')

    const eventColumns = `
        calendar_id uuid not null,
        event_id text not null,
        etag text,
        status text,
        starts_at timestamptz,
        ends_at timestamptz,
        is_master boolean not null,
        recurring_event_id text,
        original_start bigint`
    this.addSql(`
      create table calendar_event (${eventColumns},
        raw jsonb not null,
        primary key (calendar_id, event_id)
      )`)
    this.addSql(`create index calendar_event_by_start on calendar_event (calendar_id, starts_at, event_id)`)
    this.addSql(`create index calendar_event_masters on calendar_event (calendar_id) where is_master`)
    this.addSql(
      `create index calendar_event_exceptions on calendar_event (calendar_id, recurring_event_id)
       where recurring_event_id is not null`,
    )
    this.addSql('create index calendar_event_by_id on calendar_event (event_id)')
    // An event whose etag did not change is staged without its body: it is only there not to be swept.
    this.addSql(`
      create table calendar_event_staged (${eventColumns},
        raw jsonb,
        primary key (calendar_id, event_id)
      )`)

    this.addSql('create table change_position (user_id text primary key, last_seq bigint not null)')
    this.addSql(`
      create table calendar_change (
        user_id text not null,
        seq bigint not null,
        at timestamptz not null,
        calendar_id uuid not null,
        connection_id uuid not null,
        event_id text not null,
        kind text not null check (kind in ('upserted', 'deleted')),
        etag text,
        etag_before text,
        event jsonb,
        primary key (user_id, seq)
      )`)
    this.addSql(
      `grant select, insert, update, delete on calendar, calendar_event, calendar_event_staged, change_position,
         calendar_change to evergrant_service`,
    )
  }

  override down(): void {
    this.addSql(
      'drop table calendar_change, change_position, calendar_event_staged, calendar_event, calendar',
    )
  }
}
