import { migrationChecksums, refuseRewrittenHistory } from '@evergrant/schema-verification'
import type { Constructor, MigrationObject } from '@mikro-orm/core'
import type { Migration as SqlMigration } from '@mikro-orm/migrations'

type Query = <Row>(text: string, params?: readonly unknown[]) => Promise<Row[]>

/** Refuses to go on where a migration was edited after it was applied to this database.
 * @throws DomainError `migration_edited`. */
export async function checkRecord(query: Query, migrations: readonly MigrationObject[]): Promise<void> {
  if (!(await recordExists(query))) return
  const recorded = await query<{ name: string; checksum: string }>(
    'select name, checksum from es.migration_checksum',
  )
  const now = await migrationChecksums(migrations)
  // What this code does not know was applied by a newer release: no rewriting of history.
  const known = recorded.filter(({ name }) => now.some((migration) => migration.name === name))
  refuseRewrittenHistory(known, now)
}

// What every migration of ours extends; its class is abstract, and what is on the list never is.
interface Concrete extends Omit<SqlMigration, 'up' | 'down'> {
  up(): Promise<void> | void
  down(): Promise<void> | void
}

/** The same migration, whose way back also takes its checksum along: in one transaction with the journal, or a crash
 * in between would leave the record of something that is not there. */
export function forgettingItself({ name, class: Given }: MigrationObject): MigrationObject {
  class Forgetting extends (Given as unknown as Constructor<Concrete>) {
    override async down(): Promise<void> {
      // First, for the migration that made the record takes the table away.
      this.addSql(`
        do $$ begin
          if to_regclass('es.migration_checksum') is not null then
            delete from es.migration_checksum where name = '${name.replaceAll("'", "''")}';
          end if;
        end $$`)
      await super.down()
    }
  }
  return { name, class: Forgetting }
}

/** Writes down what the applied migrations say, and forgets those that an older release took back. */
export async function keepRecord(query: Query, migrations: readonly MigrationObject[]): Promise<void> {
  if (!(await recordExists(query))) return
  await query(
    `insert into es.migration_checksum (name, checksum)
     select r.name, r.checksum from jsonb_to_recordset($1::jsonb) as r(name text, checksum text)
       join mikro_orm_migrations m on m.name = r.name
     on conflict (name) do nothing`,
    [JSON.stringify(await migrationChecksums(migrations))],
  )
  await query(
    'delete from es.migration_checksum where not exists (select from mikro_orm_migrations m where m.name = migration_checksum.name)',
  )
}

async function recordExists(query: Query): Promise<boolean> {
  const [row] = await query<{ there: boolean }>(
    `select to_regclass('es.migration_checksum') is not null as there`,
  )
  return row?.there === true
}
