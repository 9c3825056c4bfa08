import type { MigrationObject } from '@mikro-orm/core'
import { Migrator } from '@mikro-orm/migrations'
import { MikroORM } from '@mikro-orm/postgresql'
import { CompiledQuery } from 'kysely'
import { translateDatabaseError } from './database-errors.ts'
import { connectionOptions } from './open-database.ts'

export interface MigrateOptions {
  /** The migrator's URL: the services' own roles may not change the schema. */
  readonly url: string
  readonly migrations: readonly MigrationObject[]
  readonly onProgress?: (migration: string) => void
}

// Any number of its own; every migrator of ours uses the same one.
const migrationLock = 1163282259

/** Brings the database up to date and answers the names of what ran. Two migrators may start at once: one waits.
 * @throws DomainError `database_unavailable`; PostgreSQL's own error when a migration fails, which then left nothing. */
export async function migrate({ url, migrations, onProgress }: MigrateOptions): Promise<string[]> {
  const orm = await MikroORM.init({
    // A migration may rewrite a large table: no statement timeout.
    ...connectionOptions({ url, applicationName: 'evergrant-migrate', statementTimeoutMs: 0, poolSize: 3 }),
    entities: [],
    extensions: [Migrator],
    migrations: {
      migrationsList: [...migrations],
      snapshot: false,
      transactional: true,
      allOrNothing: false,
      disableForeignKeys: false,
    },
  })
  try {
    return await orm.em
      .fork()
      .getKysely()
      .connection()
      .execute(async (connection) => {
        await connection.executeQuery(CompiledQuery.raw('select pg_advisory_lock($1)', [migrationLock]))
        try {
          const migrator = orm.migrator
          migrator.on('migrated', ({ name }) => onProgress?.(name))
          return (await migrator.up()).map(({ name }) => name)
        } finally {
          await connection.executeQuery(CompiledQuery.raw('select pg_advisory_unlock($1)', [migrationLock]))
        }
      })
  } catch (error) {
    throw translateDatabaseError(error)
  } finally {
    await orm.close(true)
  }
}
