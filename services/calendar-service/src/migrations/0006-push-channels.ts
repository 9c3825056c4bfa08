import { Migration } from '@mikro-orm/migrations'

/** Channels through which Google says that something changed. */
export class PushChannels extends Migration {
  readonly loses: readonly string[] = [
    'push_channel and its rows: Google goes on calling channels that nobody knows',
  ]

  override up(): void {
    this.addSql(`
      create table push_channel (
        channel_id uuid primary key,
        resource_id uuid not null references synced_resource,
        connection_id uuid not null,
        secret_hash text not null,
        google_resource_id text,
        state text not null check (state in ('opening', 'open', 'closed', 'refused', 'failed')),
        began_at timestamptz not null,
        opened_at timestamptz,
        expires_at timestamptz,
        last_message bigint not null default 0,
        last_message_at timestamptz
      )`)
    this.addSql('create index push_channel_by_resource on push_channel (resource_id, began_at)')
    this.addSql('grant select, insert, update, delete on push_channel to evergrant_service')
  }

  override down(): void {
    this.addSql('drop table push_channel')
  }
}
