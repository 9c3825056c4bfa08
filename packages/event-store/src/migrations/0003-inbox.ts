import { Migration } from '@mikro-orm/migrations'

/** How far each consumer is in every stream it follows, and what it cannot apply yet. */
export class InboxTables extends Migration {
  readonly loses: readonly string[] = [
    'inbox.cursor and inbox.held and their rows: which messages were applied, and those that wait',
  ]

  override up(): void {
    this.addSql(`
      create schema inbox;
      grant usage on schema inbox to evergrant_service;

      -- One row a stream, kept forever: this is what makes "once" true without a window.
      create table inbox.cursor (
        consumer text not null,
        source text not null,
        stream_id text not null,
        version bigint not null,
        updated_at timestamptz not null,
        primary key (consumer, source, stream_id)
      ) with (fillfactor = 70);
      grant select, insert, update on inbox.cursor to evergrant_service;

      create table inbox.held (
        id bigint generated always as identity primary key,
        consumer text not null,
        -- Without an identity (all three null) the message is kept as it came, told apart by its digest.
        source text,
        stream_id text,
        version bigint,
        digest text,
        subject text not null,
        headers jsonb not null,
        payload bytea not null,
        state text not null check (state in ('waiting', 'retrying', 'parked')),
        reason text,
        attempts integer not null default 0,
        next_attempt_at timestamptz,
        first_seen_at timestamptz not null,
        unique (consumer, source, stream_id, version),
        unique (consumer, digest),
        check ((source is null and stream_id is null and version is null and digest is not null and state = 'parked')
          or (source is not null and stream_id is not null and version is not null and digest is null))
      );
      create index held_retrying on inbox.held (consumer, next_attempt_at) where state = 'retrying';
      create index held_parked on inbox.held (consumer, id) where state = 'parked';
      create index held_waiting on inbox.held (consumer, first_seen_at) where state = 'waiting';
      grant select, insert, update, delete on inbox.held to evergrant_service;
    `)
  }

  override down(): void {
    this.addSql(`
      drop table inbox.held, inbox.cursor;
      drop schema inbox;
    `)
  }
}
