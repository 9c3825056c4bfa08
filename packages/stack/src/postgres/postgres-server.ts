import { execFile } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { stackErrors } from '../errors.ts'
import { markOf } from '../processes/pid-file.ts'
import type { ProcessPlan, RunAs } from '../processes/process-plan.ts'
import { endOrphanedBackends } from './orphaned-backends.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { unprivilegedUser } from './unprivileged-user.ts'

export interface PostgresOptions {
  readonly name?: string
  /** Kept between starts; must be in a place the server's account can enter (see `postgresDataDirectory`). */
  readonly dataDir: string
  readonly port: number
  readonly password: string
  /** false: no fsync, for tests. A power cut may then cost the data; a killed process never does. */
  readonly durable: boolean
}

// Encoding and order must not follow the $LANG of whoever starts it first; --locale=C lets the folder move.
const initdbFlags = [
  '--username=postgres',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--no-sync',
]

export function postgresUrl(port: number, password: string, database = 'postgres'): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/${database}`
}

/** How to run the cluster in this folder, which is created on the first start. */
export function postgresPlan(options: PostgresOptions): ProcessPlan {
  const runAs = unprivilegedUser()
  const native = postgresBinaries(runAs)
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=300',
    ...(options.durable ? [] : ['fsync=off', 'full_page_writes=off']),
  ]
  const url = postgresUrl(options.port, options.password)
  return {
    name: options.name ?? 'postgres',
    command: join(native, 'bin', 'postgres'),
    args: ['-D', options.dataDir, '-p', `${options.port}`, ...settings.flatMap((setting) => ['-c', setting])],
    env: { TZ: 'UTC', LC_ALL: 'C' },
    ...(runAs === undefined ? {} : { runAs }),
    port: options.port,
    // SIGINT is PostgreSQL's fast shutdown: SIGTERM would wait for every client to leave first.
    stopSignal: 'SIGINT',
    stopTimeoutMs: 15_000,
    startTimeoutMs: 60_000,
    prepare: async () => {
      if (existsSync(join(options.dataDir, 'PG_VERSION'))) await clearPredecessor(options.dataDir)
      else await createCluster(native, options, runAs)
    },
    probe: () => ping(url),
  }
}

/** @throws when nobody answers, or answers with another password. */
export async function ping(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('select 1')
  } finally {
    await client.end()
  }
}

async function createCluster(
  native: string,
  options: PostgresOptions,
  runAs: RunAs | undefined,
): Promise<void> {
  mkdirSync(dirname(options.dataDir), { recursive: true, mode: 0o755 })
  rmSync(options.dataDir, { recursive: true, force: true })
  mkdirSync(options.dataDir, { mode: 0o700 })
  const passwordFile = `${options.dataDir}.initial-password`
  writeFileSync(passwordFile, options.password, { mode: 0o600 })
  try {
    if (runAs !== undefined)
      for (const path of [options.dataDir, passwordFile]) chownSync(path, runAs.uid, runAs.gid)
    await promisify(execFile)(
      join(native, 'bin', 'initdb'),
      ['-D', options.dataDir, `--pwfile=${passwordFile}`, ...initdbFlags],
      { ...runAs, cwd: '/', env: { TZ: 'UTC', LC_ALL: 'C' } },
    )
  } catch (error) {
    rmSync(options.dataDir, { recursive: true, force: true })
    throw stackErrors.process_not_ready({
      message: 'PostgreSQL could not create its data directory',
      detail: error instanceof Error ? error.message : error,
      cause: error,
    })
  } finally {
    rmSync(passwordFile, { force: true })
  }
}

/** What stands in the way of a start after a SIGKILL: backends that have not noticed yet, and a pid that meanwhile
 * belongs to another program (every container starts counting at 1). The rest PostgreSQL clears up itself. */
async function clearPredecessor(dataDir: string): Promise<void> {
  const file = join(dataDir, 'postmaster.pid')
  if (!existsSync(file)) return
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0])
  const commandLine = markOf(pid) === undefined ? '' : commandLineOf(pid)
  // It runs, or nobody can tell: PostgreSQL's own check has the last word.
  if (commandLine === undefined || commandLine.includes(dataDir)) return
  await endOrphanedBackends(dataDir)
  if (markOf(pid) !== undefined) rmSync(file, { force: true })
}

/** @returns undefined where the system does not tell: PostgreSQL decides alone then. */
function commandLineOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return undefined
  }
}
