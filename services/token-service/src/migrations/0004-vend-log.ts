import { Migration } from '@mikro-orm/migrations'

/** Who borrowed what. Entries are only ever added. */
export class VendLog extends Migration {
  readonly loses: readonly string[] = [
    'token_vend and connection_use and their rows: who borrowed which token',
  ]

  override up(): void {
    this.addSql(`
      create table token_vend (
        id uuid primary key,
        connection_id uuid not null,
        grant_id uuid not null,
        generation integer not null,
        caller text not null,
        purpose text,
        scopes text[] not null,
        traceparent text,
        vended_at timestamptz not null
      )`)
    this.addSql(
      'create index token_vend_of_connection on token_vend (connection_id, vended_at desc, id desc)',
    )
    this.addSql(
      'create table connection_use (connection_id uuid primary key, last_used_at timestamptz not null)',
    )
    this.addSql('grant select, insert on token_vend to evergrant_service')
    this.addSql('grant select, insert, update on connection_use to evergrant_service')
  }

  override down(): void {
    this.addSql('drop table connection_use, token_vend')
  }
}
