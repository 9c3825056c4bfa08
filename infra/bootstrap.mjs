// Runs on whatever Node the machine has (20 or newer), before anything of ours is installed: plain JavaScript, no imports of ours.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const pnpmVersion = '12.21.0'
const stamp = join(root, 'node_modules', '.evergrant-installed')

const manifests = ['packages', 'services'].flatMap((folder) =>
  readdirSync(join(root, folder)).map((name) => join(root, folder, name, 'package.json')),
)
const wanted = [
  join(root, 'package.json'),
  join(root, 'pnpm-workspace.yaml'),
  join(root, 'pnpm-lock.yaml'),
  ...manifests,
]
  .filter((file) => existsSync(file))
  .reduce(
    (hash, file) => hash.update(readFileSync(file)),
    createHash('sha256').update(process.platform + process.arch),
  )
  .digest('hex')

if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) process.exit(0)

process.stderr.write('evergrant: installing packages (first run, or package.json changed) …\n')
const started = Date.now()
const install = spawnSync(
  'npx',
  ['--yes', `pnpm@${pnpmVersion}`, 'install', '--frozen-lockfile', '--reporter=append-only'],
  {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, CI: 'true', npm_config_update_notifier: 'false' },
  },
)
if (install.status !== 0) {
  const said = `${install.stdout ?? ''}${install.stderr ?? ''}`.trim().split('\n').slice(-15).join('\n')
  process.stderr.write(`${said}\n`)
  process.stderr.write(
    'evergrant: could not install the packages. Check that npm reaches its registry (npm ping), or run "npx pnpm@' +
      `${pnpmVersion} install" yourself and start again.\n`,
  )
  process.exit(1)
}
writeFileSync(stamp, wanted)
process.stderr.write(`evergrant: packages installed in ${((Date.now() - started) / 1000).toFixed(1)} s\n`)
