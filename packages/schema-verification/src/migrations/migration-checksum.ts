import { createHash } from 'node:crypto'
import type { MigrationObject } from '@mikro-orm/core'
import { MikroORM } from '@mikro-orm/postgresql'

export interface MigrationChecksum {
  readonly name: string
  /** SHA-256 over its statements. Layout and comments do not count; everything else does. */
  readonly checksum: string
}

/** What each migration says, without a database. */
export async function migrationChecksums(
  migrations: readonly MigrationObject[],
): Promise<MigrationChecksum[]> {
  const statements = await migrationStatements(migrations)
  return statements.map(({ name, up }) => ({
    name,
    checksum: createHash('sha256').update(up.map(withoutLayout).join('\n;\n')).digest('hex'),
  }))
}

export interface MigrationStatements {
  readonly name: string
  readonly up: readonly string[]
}

/** The SQL of each migration, collected without running it. */
export async function migrationStatements(
  migrations: readonly MigrationObject[],
): Promise<MigrationStatements[]> {
  // Never connects: a migration only needs a driver to be told its SQL.
  const orm = await MikroORM.init({ dbName: 'none', entities: [], discovery: { warnWhenNoEntities: false } })
  const collected: MigrationStatements[] = []
  for (const { name, class: Migration } of migrations) {
    const migration = new Migration(orm.em.getDriver(), orm.config)
    await migration.up?.()
    collected.push({ name, up: (migration.getQueries?.() ?? []).map(String) })
  }
  return collected
}

// Quoted text and dollar-quoted bodies keep their blanks: in there they may mean something.
function withoutLayout(statement: string): string {
  return statement
    .split(/('(?:[^']|'')*'|"(?:[^"]|"")*"|\$\$[\s\S]*?\$\$)/)
    .map((part, n) => (n % 2 === 1 ? part : part.replaceAll(/--[^\n]*/g, '').replaceAll(/\s+/g, ' ')))
    .join('')
    .trim()
}
