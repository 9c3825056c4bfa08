import { spawn } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { isNewEnough, natsVersion } from './nats-version.ts'

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
// Bookworm's 2.9 is too old. The binary needs only glibc, so a newer suite's runs there too; where it does not, or a suite
// has moved on, the next one is tried.
const suites = ['forky', 'trixie']

/** Fetches nats-server from the Debian mirror this machine already uses, into private apt folders: no root
 * needed, the machine's own package lists untouched, the archive's signature checked by apt. */
export async function fetchNatsWithApt(
  cacheDir: string,
  report: (line: string) => void,
): Promise<string | undefined> {
  if (process.platform !== 'linux' || !existsSync(keyring)) return undefined
  const mirror = debianMirror(await aptSources())
  if (mirror === undefined) return undefined
  const work = join(cacheDir, `apt-${process.pid}`)
  try {
    for (const suite of suites) {
      report(`fetching nats-server from Debian ${suite} …`)
      const binary = await fetchFrom(mirror, suite, work)
      if (binary === undefined || !isNewEnough(natsVersion(binary))) continue
      // Renamed into place, so that two starts at once never run half a file.
      const staged = join(cacheDir, `nats-server.${process.pid}`)
      copyFileSync(binary, staged)
      renameSync(staged, join(cacheDir, 'nats-server'))
      return join(cacheDir, 'nats-server')
    }
    return undefined
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function fetchFrom(mirror: string, suite: string, work: string): Promise<string | undefined> {
  rmSync(work, { recursive: true, force: true })
  for (const folder of ['state/lists/partial', 'cache/archives/partial', 'x'])
    mkdirSync(join(work, folder), { recursive: true })
  writeFileSync(join(work, 'sources.list'), `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`)
  const options = [
    '-qq',
    `Dir::Etc::sourcelist=${join(work, 'sources.list')}`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::State=${join(work, 'state')}`,
    'Dir::State::status=/dev/null',
    `Dir::Cache=${join(work, 'cache')}`,
    'APT::Sandbox::User=',
    'Acquire::Languages=none',
    'Acquire::http::Timeout=20',
    'Acquire::Retries=1',
  ].flatMap((option) => (option.startsWith('-') ? [option] : ['-o', option]))
  if ((await run('apt-get', [...options, 'update'], work)) !== 0) return undefined
  if ((await run('apt-get', [...options, 'download', 'nats-server'], work)) !== 0) return undefined
  const archive = readdirSync(work).find((name) => /^nats-server_.*\.deb$/.test(name))
  if (archive === undefined) return undefined
  if ((await run('dpkg-deb', ['-x', archive, 'x'], work)) !== 0) return undefined
  return ['usr/bin/nats-server', 'usr/sbin/nats-server']
    .map((path) => join(work, 'x', path))
    .find((path) => existsSync(path))
}

/** The first Debian archive (not security, not a third party's) in the machine's own configuration. */
export function debianMirror(sources: string): string | undefined {
  return [...sources.matchAll(/https?:\/\/[^\s\]]+/g)]
    .map(([address]) => address.replace(/\/$/, ''))
    .find((address) => /\/debian$/.test(address))
}

async function aptSources(): Promise<string> {
  const folder = '/etc/apt/sources.list.d'
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ]
  return files
    .filter((file) => existsSync(file) && /\.(list|sources)$/.test(file))
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n')
}

function run(command: string, args: readonly string[], cwd: string): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: 'ignore' })
    child.once('error', () => resolve(127))
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
