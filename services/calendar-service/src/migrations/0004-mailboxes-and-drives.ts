import { Migration } from '@mikro-orm/migrations'

/** Gmail messages and Drive files beside the calendars: connections of every service, their copy and their feeds. */
export class MailboxesAndDrives extends Migration {
  readonly loses: readonly string[] = [
    'google_item, google_item_staged, google_item_position, google_item_change and their rows',
    'connections of Drive and Gmail, their resources and their runs',
  ]

  override up(): void {
    this.addSql(`
      alter table known_connection add column service text not null default 'calendar'
        check (service in ('calendar', 'drive', 'gmail'))`)
    this.addSql('alter table known_connection alter column service drop default')
    this.addSql(`
      alter table synced_resource
        drop constraint synced_resource_kind_check,
        add constraint synced_resource_kind_check check (kind in ('calendar_list', 'calendar', 'mailbox', 'drive')),
        add column token_unproven boolean not null default false`)

    // An id is a connection's, not a drive's: a file that moves to another drive is the same file.
    this.addSql(`
      create table google_item (
        connection_id uuid not null,
        item_id text not null,
        resource_id uuid not null references synced_resource,
        user_id text not null,
        service text not null check (service in ('drive', 'gmail')),
        revision text not null,
        at_ms bigint not null,
        facets jsonb not null,
        raw jsonb not null,
        primary key (connection_id, item_id)
      )`)
    this.addSql('create index google_item_by_resource on google_item (resource_id)')
    this.addSql(
      'create index google_item_newest on google_item (user_id, service, at_ms, connection_id, item_id)',
    )
    // An item whose revision did not change is staged without its body: it is only there not to be swept.
    this.addSql(`
      create table google_item_staged (
        resource_id uuid not null,
        item_id text not null,
        revision text not null,
        at_ms bigint not null,
        facets jsonb not null,
        raw jsonb,
        primary key (resource_id, item_id)
      )`)

    this.addSql(`
      create table google_item_position (
        user_id text not null,
        service text not null,
        last_seq bigint not null,
        primary key (user_id, service)
      )`)
    this.addSql(`
      create table google_item_change (
        user_id text not null,
        service text not null,
        seq bigint not null,
        at timestamptz not null,
        connection_id uuid not null,
        item_id text not null,
        kind text not null check (kind in ('upserted', 'deleted')),
        revision text not null,
        item jsonb,
        primary key (user_id, service, seq)
      )`)
    this.addSql(
      `grant select, insert, update, delete on google_item, google_item_staged, google_item_position,
         google_item_change to evergrant_service`,
    )
  }

  override down(): void {
    this.addSql('drop table google_item_change, google_item_position, google_item_staged, google_item')
    // The code before knows calendars only: what is left of the others would look like a calendar to it.
    this.addSql(`
      delete from resource_run
       where resource_id in (select resource_id from synced_resource where kind in ('mailbox', 'drive'))`)
    this.addSql(`delete from synced_resource where kind in ('mailbox', 'drive')`)
    this.addSql(`delete from known_connection where service <> 'calendar'`)
    this.addSql(`
      alter table synced_resource
        drop constraint synced_resource_kind_check,
        add constraint synced_resource_kind_check check (kind in ('calendar_list', 'calendar')),
        drop column token_unproven`)
    this.addSql('alter table known_connection drop column service')
  }
}
