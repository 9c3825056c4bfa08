import { runRebuild } from '@evergrant/service-runtime'
import { factCatalogue } from './application/fact-catalogue.ts'
import { readRebuildConfig } from './config.ts'
import { AuthorizationDue } from './projections/authorizations-due.ts'
import { KnownGrant } from './projections/known-grants.ts'
import { rebuildable } from './rebuildable.ts'

await runRebuild({
  name: 'oauth-service',
  facts: factCatalogue,
  projections: rebuildable,
  entities: [AuthorizationDue, KnownGrant],
  readConfig: readRebuildConfig,
  args: process.argv.slice(2),
})
