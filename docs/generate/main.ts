// Writes the pages and golden files that follow from the code; with --check only says which are stale (exit 1).
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { contractSchemaFiles } from './contract-schemas.ts'
import { errorsPage } from './errors-page.ts'
import { eventsPage } from './events-page.ts'
import { goldenFiles } from './golden-files.ts'
import { manifestFiles, staleManifests } from './manifest-files.ts'
import { readSpecs } from './sync-case-proofs.ts'
import { syncCasesPage } from './sync-cases-page.ts'
import { unprovenCases } from './unproven-sync-cases.ts'

const root = join(import.meta.dirname, '../..')
const check = process.argv.includes('--check')
// biome-ignore lint/style/noProcessEnv: the test kit's own setting; there is no config.ts here.
const postgres = process.env.EVERGRANT_TEST_POSTGRES_URL

const syncCases = syncCasesPage(readSpecs(root), unprovenCases)
const files: Record<string, string> = {
  'docs/events.md': eventsPage(),
  'docs/errors.md': errorsPage(),
  'docs/sync-cases.md': syncCases.text,
  ...goldenFiles(root),
  ...contractSchemaFiles(root),
  // Writing them takes a PostgreSQL; the check does without, and test/drift replays them.
  ...(check ? {} : await manifestFiles(root, postgres)),
}

const stale = Object.entries(files).filter(([path, text]) => {
  const file = join(root, path)
  return !existsSync(file) || readFileSync(file, 'utf8') !== text
})
for (const [path, text] of check ? [] : stale) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const paths = [...stale.map(([path]) => join(root, path)), ...(check ? await staleManifests(root) : [])]
for (const path of paths) process.stdout.write(`${check ? 'stale' : 'written'}: ${relative('.', path)}\n`)
if (check && paths.length > 0) {
  process.stdout.write('Run "npm run generate" and commit the result.\n')
  process.exitCode = 1
}
if (syncCases.problems.length > 0) {
  process.stdout.write(`${syncCases.problems.join('\n')}\n`)
  process.exitCode = 1
}
