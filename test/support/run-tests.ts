import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Tally, tallyOf } from './tally.ts'

// `npm test`: every project, then one plain line a person or a script can read: `N passed, N failed`.
const root = join(import.meta.dirname, '../..')
const report = join(tmpdir(), `evergrant-tests-${process.pid}.json`)

const child = spawn(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--config',
    join(root, 'vitest.config.ts'),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  // Services, stacks and command lines that tests start are up in half the time when another test did so before.
  {
    cwd: root,
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: join(root, '.cache', 'compiled'), ...process.env },
  },
)
// Ctrl-C reaches vitest by itself, and a second one would cut it short before it has stopped its servers.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))

child.once('close', (code) => {
  const tally = readTally()
  if (tally.passed + tally.failed === 0) process.stdout.write('no test was run\n')
  if (tally.skipped > 0) process.stdout.write(`${tally.skipped} skipped\n`)
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`)
  // vitest also fails for what is no test: an unhandled error, a server that did not start.
  process.exit(tally.failed > 0 || tally.passed === 0 ? 1 : (code ?? 1))
})

function readTally(): Tally {
  try {
    return tallyOf(JSON.parse(readFileSync(report, 'utf8')))
  } catch {
    return { passed: 0, failed: 0, skipped: 0 }
  } finally {
    rmSync(report, { force: true })
  }
}
