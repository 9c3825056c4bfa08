import { migrate, migrateArguments } from '@evergrant/event-store'
import { createLogger } from '@evergrant/service-runtime'
import { readMigrationConfig } from './config.ts'
import { migrations } from './migrations/all.ts'

const config = readMigrationConfig()
const logger = createLogger({ name: 'token-service-migrate', level: config.LOG_LEVEL })
const applied = await migrate({
  url: config.MIGRATOR_DATABASE_URL,
  migrations,
  ...migrateArguments(process.argv.slice(2)),
})
logger.info({ applied }, 'migrated')
