import { migrationChecksums, refuseRewrittenHistory } from '@evergrant/schema-verification'
import type { MigrationObject } from '@mikro-orm/core'

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

/** Writes down what the applied migrations say, and forgets those taken back. */
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
