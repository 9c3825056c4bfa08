// npm run n-minus-1 [-- --schema] [service …]: does the previous release go on working after today's migrations? Asks its manifest
// and, unless --schema is given, runs its own integration specs. Ends with 0 it does, 1 it does not, 3 could not prove it.
import { join } from 'node:path'
import { startSharedServers } from '@evergrant/stack/testing'
import { serviceSchemas } from '../../docs/generate/schema-manifests.ts'
import { holdPreviousRelease, tell } from './hold-release.ts'
import { runOldSpecs } from './run-old-specs.ts'
import { schemaOfToday, sharedSchemas } from './schema-of-today.ts'

const root = join(import.meta.dirname, '../..')
const schemaOnly = process.argv.includes('--schema')
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const say = (line: string) => process.stdout.write(`${line}\n`)

const schemas = serviceSchemas.filter(
  ({ contract }) => named.length === 0 || named.includes(contract.service),
)
if (schemas.length === 0) say(`no such service: ${named.join(', ')}`)
const servers = await startSharedServers()
let broken = false
let unproven = schemas.length === 0
try {
  for (const [n, schema] of schemas.entries()) {
    const { service } = schema.contract
    const verdict = await holdPreviousRelease({
      root,
      service,
      migrations: schema.migrations.map(({ name }) => name),
      url: await schemaOfToday(schema, servers),
      role: 'evergrant_service',
    })
    say(tell(service, verdict))
    broken ||= verdict.kind === 'breaks'
    unproven ||= verdict.kind === 'unknown'
    if (schemaOnly || verdict.kind !== 'lives') continue
    try {
      const { files, failed } = await runOldSpecs({ root, service, commit: verdict.commit, servers })
      if ((await sharedSchemas(servers)) > n + 1) throw new Error('they built a schema of their own')
      if (files === 0) throw new Error('there are none')
      broken ||= failed.length > 0
      say(
        failed.length === 0
          ? `${service}: the ${files} integration specs of ${verdict.release} hold on today's schema`
          : `${service}: integration specs of ${verdict.release} fail on today's schema: ${failed.join(', ')}`,
      )
    } catch (error) {
      unproven = true
      say(`${service}: the specs of ${verdict.release} prove nothing: ${error}`)
    }
  }
} finally {
  await servers.stop()
}
process.exitCode = broken ? 1 : unproven ? 3 : 0
