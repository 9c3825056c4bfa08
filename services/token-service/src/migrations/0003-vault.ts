import { Migration } from '@mikro-orm/migrations'

/** One data key per grant, wrapped by the key ring; without its row no copy of the grant's tokens can be read. */
export class Vault extends Migration {
  readonly loses: readonly string[] = [
    'vault_data_key and vault_secret and their rows: every token, for good',
  ]

  override up(): void {
    this.addSql(`
      create table vault_data_key (
        grant_id uuid primary key,
        data_key_id uuid not null,
        key_id text not null,
        wrapped_key text not null
      )`)
    this.addSql(`
      create table vault_secret (
        grant_id uuid not null references vault_data_key on delete cascade,
        field text not null check (field in ('access_token', 'refresh_token')),
        generation integer not null,
        sealed text not null,
        primary key (grant_id, field)
      )`)
    this.addSql('grant select, insert, update, delete on vault_data_key, vault_secret to evergrant_service')
  }

  override down(): void {
    this.addSql('drop table vault_secret, vault_data_key')
  }
}
