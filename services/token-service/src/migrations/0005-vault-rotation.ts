import { Migration } from '@mikro-orm/migrations'

/** How far a change of the outer key has come; whoever takes it up goes on after `position`. */
export class VaultRotation extends Migration {
  readonly loses: readonly string[] = [
    'vault_rotation and its rows: how far a change of the outer key has come',
  ]

  override up(): void {
    this.addSql(`
      create table vault_rotation (
        id uuid primary key,
        target_key_id text not null,
        started_by text not null,
        started_at timestamptz not null,
        total integer not null,
        rewrapped integer not null,
        unreadable integer not null,
        position uuid,
        holder text,
        lease_until timestamptz,
        finished_at timestamptz
      )`)
    this.addSql(
      'create unique index vault_rotation_open on vault_rotation ((true)) where finished_at is null',
    )
    this.addSql('create index vault_data_key_of_key on vault_data_key (key_id, grant_id)')
    this.addSql('grant select, insert, update on vault_rotation to evergrant_service')
  }

  override down(): void {
    this.addSql('drop index vault_data_key_of_key')
    this.addSql('drop table vault_rotation')
  }
}
