import { ddlLockTimeoutMs, holdingMigrationLock, patiently } from '@evergrant/schema-verification'
import type { MigrationObject } from '@mikro-orm/core'
import { Migrator } from '@mikro-orm/migrations'
import { MikroORM } from '@mikro-orm/postgresql'
import { CompiledQuery } from 'kysely'
import { translateDatabaseError } from './database-errors.ts'
import { checkRecord, forgettingItself, keepRecord } from './migration-record.ts'
import { connectionOptions } from './open-database.ts'
import { planDown } from './plan-down.ts'
import { waysBack } from './ways-back.ts'

export interface MigrateOptions {
  /** The migrator's URL: the services' own roles may not change the schema. */
  readonly url: string
  readonly migrations: readonly MigrationObject[]
  /** Default `up`. `down` takes back the last one, or everything after `to`, one at a time. */
  readonly direction?: 'up' | 'down'
  /** With `down`: the migration to stay at, by name or number; `0` for none. */
  readonly to?: string
  /** With `down`: also what destroys data that `up` cannot restore. */
  readonly acceptDataLoss?: boolean
  readonly onProgress?: (migration: string) => void
  /** How long to wait for another migrator; default 60 000. */
  readonly lockWaitMs?: number
}

/** Brings the database up to date and answers the names of what ran. Two migrators may start at once: one waits.
 * @throws DomainError `database_unavailable`, `migrator_busy`, `migration_edited`, those of `planDown`; PostgreSQL's own error
 * when a migration fails, which then left nothing. */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const { url, migrations, direction = 'up', onProgress, lockWaitMs } = options
  const common = connectionOptions({
    url,
    applicationName: 'evergrant-migrate',
    // A migration may rewrite a large table: no statement timeout.
    statementTimeoutMs: 0,
    poolSize: 3,
  })
  const orm = await MikroORM.init({
    ...common,
    driverOptions: { ...common.driverOptions, lock_timeout: ddlLockTimeoutMs },
    entities: [],
    extensions: [Migrator],
    migrations: {
      migrationsList: migrations.map(forgettingItself),
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
        const query = async <Row>(text: string, params: readonly unknown[] = []) =>
          (await connection.executeQuery(CompiledQuery.raw(text, [...params]))).rows as Row[]
        const work = async () => {
          await checkRecord(query, migrations)
          const { migrator } = orm
          migrator.on('migrated', ({ name }) => onProgress?.(name))
          migrator.on('reverted', ({ name }) => onProgress?.(name))
          if (direction === 'down') return await takeBack(orm, options)
          const ran: string[] = []
          migrator.on('migrated', ({ name }) => {
            ran.push(name)
          })
          // Each migration has a transaction of its own, so what ran stays and the rest is tried again.
          await patiently(() => migrator.up())
          await keepRecord(query, migrations)
          return ran
        }
        return await holdingMigrationLock(query, work, lockWaitMs)
      })
  } catch (error) {
    throw translateDatabaseError(error)
  } finally {
    await orm.close(true)
  }
}

async function takeBack(
  { migrator }: MikroORM,
  { migrations, to, acceptDataLoss = false }: MigrateOptions,
): Promise<string[]> {
  const steps = planDown({
    applied: (await migrator.getExecuted()).map(({ name }) => name),
    known: await waysBack(migrations),
    ...(to === undefined ? {} : { to }),
    acceptDataLoss,
  })
  for (const step of steps) await patiently(() => migrator.down({ migrations: [step] }))
  return steps
}
