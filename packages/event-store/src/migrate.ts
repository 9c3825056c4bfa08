import { setTimeout as delay } from 'node:timers/promises'
import { verificationErrors } from '@evergrant/schema-verification'
import type { MigrationObject } from '@mikro-orm/core'
import { Migrator } from '@mikro-orm/migrations'
import { MikroORM } from '@mikro-orm/postgresql'
import { CompiledQuery } from 'kysely'
import { errorCode, translateDatabaseError } from './database-errors.ts'
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

// Any number of its own; every migrator of ours uses the same one, and schema verification knows it.
const migrationLock = 1163282259

// DDL that queues for a lock makes every later query on the table queue behind it: better give up soon and come back.
const ddlLockTimeoutMs = 3_000
const ddlTries = 10
const lockNotAvailable = '55P03'

/** Brings the database up to date and answers the names of what ran. Two migrators may start at once: one waits.
 * @throws DomainError `database_unavailable`, `migrator_busy`, `migration_edited`, those of `planDown`; PostgreSQL's own error
 * when a migration fails, which then left nothing. */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const { url, migrations, direction = 'up', onProgress, lockWaitMs = 60_000 } = options
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
        await takeLock(query, lockWaitMs)
        try {
          await checkRecord(query, migrations)
          const { migrator } = orm
          migrator.on('migrated', ({ name }) => onProgress?.(name))
          migrator.on('reverted', ({ name }) => onProgress?.(name))
          if (direction === 'down') return await takeBack(orm, options)
          const ran: string[] = []
          migrator.on('migrated', ({ name }) => {
            ran.push(name)
          })
          await patiently(() => migrator.up())
          await keepRecord(query, migrations)
          return ran
        } finally {
          await query('select pg_advisory_unlock($1)', [migrationLock])
        }
      })
  } catch (error) {
    throw translateDatabaseError(error)
  } finally {
    await orm.close(true)
  }
}

async function takeLock(
  query: (text: string, params?: readonly unknown[]) => Promise<unknown>,
  waitMs: number,
) {
  await query(`select set_config('lock_timeout', $1, false)`, [String(waitMs)])
  try {
    await query('select pg_advisory_lock($1)', [migrationLock])
  } catch (cause) {
    if (errorCode(cause) !== lockNotAvailable) throw cause
    throw verificationErrors.migrator_busy({ cause, retryAfterSeconds: 10 })
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

// Each migration has a transaction of its own, so what ran stays and the rest is tried again.
async function patiently(work: () => Promise<unknown>): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      await work()
      return
    } catch (error) {
      if (errorCode(error) !== lockNotAvailable || tried === ddlTries) throw error
      await delay(Math.random() * Math.min(200 * 2 ** tried, 5_000))
    }
  }
}
