import { runRebuild } from '@evergrant/service-runtime'
import { readRebuildConfig } from './config.ts'
import { grantFactCatalogue } from './domain/grant-facts.ts'
import { rebuildable } from './rebuildable.ts'

await runRebuild({
  name: 'token-service',
  facts: grantFactCatalogue,
  projections: rebuildable,
  readConfig: readRebuildConfig,
  args: process.argv.slice(2),
})
