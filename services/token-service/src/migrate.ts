import { runMigrations } from '@evergrant/service-runtime'
import { readMigrationConfig } from './config.ts'
import { migrations } from './migrations/all.ts'

await runMigrations({
  name: 'token-service',
  migrations,
  readConfig: readMigrationConfig,
  args: process.argv.slice(2),
})
