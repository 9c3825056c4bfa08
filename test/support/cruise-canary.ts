// dependency-cruiser skips TypeScript with only a warning when it cannot load a TypeScript it knows; then every
// import rule is green and means nothing. This fails unless the files that must be seen are seen, with their imports.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const { stdout } = spawnSync(
  join(root, 'node_modules/.bin/depcruise'),
  ['packages/event-contracts', 'services', '--config', '--output-type', 'json'],
  { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 },
)
const modules: { source: string; dependencies: { resolved: string }[] }[] = JSON.parse(stdout).modules
const canary = modules.find(({ source }) => source === 'packages/event-contracts/src/contracts.ts')
const typeOnly = modules.find(({ source }) => source === 'packages/event-contracts/src/derived-ids.ts')
const sees = canary?.dependencies.some(({ resolved }) => resolved.endsWith('token-issued.v1.ts'))
const seesTypes = typeOnly?.dependencies.some(({ resolved }) => resolved.endsWith('vocabulary.ts'))
if (!sees || !seesTypes) {
  process.stderr.write(
    'dependency-cruiser does not read the .ts sources: see packageExtensions in pnpm-workspace.yaml\n',
  )
  process.exitCode = 1
}
