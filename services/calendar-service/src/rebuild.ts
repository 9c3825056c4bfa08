import { runRebuild } from '@evergrant/service-runtime'
import { readRebuildConfig } from './config.ts'
import { calendarFactCatalogue } from './domain/fact-catalogue.ts'
import { rebuildable } from './rebuildable.ts'

await runRebuild({
  name: 'calendar-service',
  facts: calendarFactCatalogue,
  projections: rebuildable,
  readConfig: readRebuildConfig,
  args: process.argv.slice(2),
})
