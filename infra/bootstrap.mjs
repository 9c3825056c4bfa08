// Runs on whatever Node the machine has (20 or newer), before anything of ours is installed: plain JavaScript, no imports of ours.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Or a workspace of its own inside it, such as test/mutation, which nobody has to wait for at start.
const root = join(dirname(fileURLToPath(import.meta.url)), '..', process.argv[2] ?? '')
const pnpmVersion = '12.21.0'
const stamp = join(root, 'node_modules', '.evergrant-installed')
const lock = join(root, '.cache', 'installing')

const say = (line) => process.stderr.write(`evergrant: ${line}\n`)

/** Everything an install depends on; another platform's node_modules do not count either. */
function wanted() {
  const manifests = ['packages', 'services']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder))
        .sort()
        .map((name) => join(root, folder, name, 'package.json')),
    )
  const files = ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml'].map((name) => join(root, name))
  return [...files, ...manifests]
    .filter((file) => existsSync(file))
    .reduce(
      (hash, file) => hash.update(readFileSync(file)),
      createHash('sha256').update(process.platform + process.arch),
    )
    .digest('hex')
}

function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted()
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** `npm start` and `npm test` in two terminals: one installs, the other waits for it. */
function takeLock() {
  mkdirSync(dirname(lock), { recursive: true })
  for (let told = false; ; Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)) {
    try {
      // Creates or fails in one step.
      writeFileSync(lock, `${process.pid}`, { flag: 'wx' })
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const holder = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0
    // An empty file is a lock that is being written this moment.
    if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true })
    else if (!told) {
      told = true
      say('another terminal installs the packages; waiting for it …')
    }
  }
}

function install() {
  say('installing packages (first run, or package.json changed) …')
  const started = Date.now()
  const run = spawnSync(
    'npx',
    ['--yes', `pnpm@${pnpmVersion}`, 'install', '--frozen-lockfile', '--reporter=append-only'],
    { cwd: root, encoding: 'utf8', env: { ...process.env, CI: 'true', npm_config_update_notifier: 'false' } },
  )
  if (run.status === 0) {
    writeFileSync(stamp, wanted())
    say(`packages installed in ${((Date.now() - started) / 1000).toFixed(1)} s`)
    return 0
  }
  if (run.signal) return 1
  const said = `${run.stdout ?? ''}${run.stderr ?? ''}${run.error ?? ''}`.trim()
  process.stderr.write(`${said.split('\n').slice(-15).join('\n')}\n`)
  say(adviceFor(said))
  return 1
}

function adviceFor(said) {
  if (/ENOENT.*npx|npx.*ENOENT/.test(said)) return 'npx was not found: install npm, which brings it.'
  if (/ERR_PNPM_OUTDATED_LOCKFILE/.test(said))
    return `pnpm-lock.yaml does not match a package.json that was changed: run "npx pnpm@${pnpmVersion} install" and start again.`
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|network/i.test(said))
    return 'the package registry cannot be reached. The first start needs it, later ones do not: check the network or proxy (npm ping), and start again.'
  if (/ENOSPC/.test(said)) return 'the disk is full.'
  return `could not install the packages. Run "npx pnpm@${pnpmVersion} install" to see why, and start again.`
}

/** Linux gets Node 24 as a package; elsewhere the machine's own has to be new enough. */
function nodeIsNewEnough() {
  if (existsSync(join(root, 'node_modules', '.bin', 'node'))) return true
  const [major] = process.versions.node.split('.').map(Number)
  if (major >= 24) return true
  say(
    `Node 24 or newer is needed on ${process.platform}, and this is ${process.version}: see https://nodejs.org`,
  )
  return false
}

if (!isInstalled()) {
  takeLock()
  try {
    // Whoever held the lock has done it meanwhile.
    if (!isInstalled()) process.exitCode = install()
  } finally {
    rmSync(lock, { force: true })
  }
}
if (!process.exitCode && !nodeIsNewEnough()) process.exitCode = 1
