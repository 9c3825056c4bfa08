import { Migration } from '@mikro-orm/migrations'

/** What each applied migration said, so that an edited one is found; and the journal itself, for whoever verifies. */
export class MigrationRecord extends Migration {
  // The next migrator writes every checksum again.
  readonly loses: readonly string[] = []

  override up(): void {
    this.addSql(`
      create table es.migration_checksum (
        name text primary key,
        checksum text not null,
        recorded_at timestamptz not null default now()
      );
      grant select on es.migration_checksum to evergrant_service;
      grant select on mikro_orm_migrations to evergrant_service;
    `)
  }

  override down(): void {
    this.addSql(`
      revoke select on mikro_orm_migrations from evergrant_service;
      drop table es.migration_checksum;
    `)
  }
}
