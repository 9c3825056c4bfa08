// npm run check: every rule that needs no server. Each step says what it is; all run, even after one failed.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const bin = (name: string) => join(root, 'node_modules/.bin', name)

const steps: readonly {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Says what it could not look at, even when it holds. */
  readonly tells?: boolean
}[] = [
  { name: 'types', command: bin('tsc'), args: ['--project', 'tsconfig.json'] },
  {
    name: 'types of the console',
    command: bin('tsc'),
    args: ['--project', 'packages/console/tsconfig.json'],
  },
  { name: 'lint and format', command: bin('biome'), args: ['check', '--error-on-warnings', '.'] },
  { name: 'import rules', command: bin('depcruise'), args: ['services', 'packages', 'test', '--config'] },
  { name: 'import rules see TypeScript', command: process.execPath, args: ['test/support/cruise-canary.ts'] },
  { name: 'dead code', command: bin('knip'), args: [] },
  {
    name: 'contract and error catalogues',
    command: process.execPath,
    args: ['docs/generate/main.ts', '--check'],
  },
  {
    name: 'event contracts only grow',
    command: process.execPath,
    args: ['test/support/check-contracts.ts'],
    tells: true,
  },
]

const failed = steps.filter(({ name, command, args, tells }) => {
  const started = performance.now()
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const held = result.status === 0
  process.stdout.write(`${held ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)\n`)
  if (held && tells) process.stdout.write(result.stdout.replace(/^(?=.)/gm, '     '))
  if (!held)
    process.stdout.write(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}\n`)
  return !held
})
if (failed.length > 0) {
  process.stdout.write(`check: ${failed.map(({ name }) => name).join(', ')} failed\n`)
  process.exitCode = 1
} else {
  process.stdout.write(`check: all ${steps.length} hold\n`)
}
