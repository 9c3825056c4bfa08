import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { loadManifest, printManifest, refuseRewrittenHistory } from '@evergrant/schema-verification'
import { startPostgresServer } from '@evergrant/stack/testing'
import { looksCurrent, manifestFile, manifestOf, serviceSchemas } from './schema-manifests.ts'

/** Path and text of every service's manifest, replayed on a real PostgreSQL: the one EVERGRANT_TEST_POSTGRES_URL names,
 * or one of our own.
 * @throws DomainError `migration_edited` or `migration_lost` when history was rewritten. */
export async function manifestFiles(root: string, given?: string): Promise<Record<string, string>> {
  const server = given === undefined ? await startPostgresServer() : undefined
  try {
    const files: Record<string, string> = {}
    for (const schema of serviceSchemas) {
      const { service } = schema.contract
      const manifest = await manifestOf(schema, given ?? server?.url ?? '')
      const file = manifestFile(root, service)
      refuseRewrittenHistory(committed(root, service).migrations, manifest.migrations)
      files[relative(root, file)] = printManifest(manifest)
    }
    return files
  } finally {
    await server?.stop()
  }
}

interface History {
  readonly migrations: readonly { readonly name: string; readonly checksum: string }[]
}

const none: History = { migrations: [] }

/** What the last commit says: until then a migration may still be worked on. Without git the file has to do. */
function committed(root: string, service: string): History {
  try {
    const path = relative(root, manifestFile(root, service))
    const text = execFileSync('git', ['show', `HEAD:${path}`], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64_000_000,
    })
    return JSON.parse(text)
  } catch {
    const file = manifestFile(root, service)
    return existsSync(join(root, '.git')) || !existsSync(file) ? none : loadManifest(file, service)
  }
}

/** The manifests that are stale by what shows without a server. */
export async function staleManifests(root: string): Promise<string[]> {
  const stale: string[] = []
  for (const schema of serviceSchemas) {
    const { service } = schema.contract
    const file = manifestFile(root, service)
    if (!existsSync(file) || !(await looksCurrent(schema, loadManifest(file, service)))) stale.push(file)
  }
  return stale
}
