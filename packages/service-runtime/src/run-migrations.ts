import { type MigrateOptions, migrate } from '@evergrant/event-store'
import { createLogger } from './log/logger.ts'
import { migrateArguments } from './migrate-arguments.ts'

/** A service's migration program: as its arguments say, up or down. Prints only log lines: one a migration, then `applied`
 * with all of them, or `could not migrate` with the error. Exit code 1 when it did not come to its end. */
export async function runMigrations(program: {
  /** The service's. */
  readonly name: string
  readonly migrations: MigrateOptions['migrations']
  readonly readConfig: () => { readonly MIGRATOR_DATABASE_URL: string; readonly LOG_LEVEL: string }
  readonly args: readonly string[]
}): Promise<void> {
  const name = `${program.name}-migrate`
  let logger = createLogger({ name })
  try {
    const { MIGRATOR_DATABASE_URL: url, LOG_LEVEL: level } = program.readConfig()
    logger = createLogger({ name, level })
    const applied = await migrate({
      url,
      migrations: program.migrations,
      ...migrateArguments(program.args),
      onProgress: (step) => logger.info({ step }, 'migrating'),
    })
    logger.info({ applied }, 'migrated')
  } catch (error) {
    // Through the logger, which redacts: a driver's error may quote the URL with its password.
    logger.fatal({ err: error }, 'could not migrate')
    process.exitCode = 1
  }
}
