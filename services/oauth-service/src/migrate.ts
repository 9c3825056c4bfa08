import { migrate, migrateArguments } from '@evergrant/event-store'
import { createLogger } from '@evergrant/service-runtime'
import { readMigrationConfig } from './config.ts'
import { migrations } from './migrations/all.ts'

const logger = createLogger({ name: 'oauth-service-migrate' })
try {
  const { MIGRATOR_DATABASE_URL: url } = readMigrationConfig()
  const applied = await migrate({
    url,
    migrations,
    ...migrateArguments(process.argv.slice(2)),
    onProgress: (step) => logger.info({ step }, 'migrating'),
  })
  logger.info({ applied }, 'migrated')
} catch (error) {
  // Through the logger, which redacts: a driver's error may quote the URL with its password.
  logger.fatal({ err: error }, 'could not migrate')
  process.exitCode = 1
}
