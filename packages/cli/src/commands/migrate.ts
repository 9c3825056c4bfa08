import { spawn } from 'node:child_process'
import { DomainError } from '@evergrant/decider'
import { migrationStatus, withSession } from '@evergrant/schema-verification'
import { CommandEnd, couldNotCheck, type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'
import {
  type DatabaseOptions,
  manifestOf,
  migrationProgram,
  type ServiceDatabase,
  serviceDatabases,
} from '../service-databases.ts'
import { table } from '../table.ts'

/** Which migrations are where. Found something: pending, edited, half applied or unknown ones. */
export async function migrateStatus(options: DatabaseOptions, surroundings: Surroundings): Promise<ExitCode> {
  const items = await Promise.all(
    serviceDatabases(options, surroundings).map(async ({ service, url }) => ({
      service,
      migrations: await withSession(url, (sql) => migrationStatus(sql, manifestOf(service))).catch(
        notChecked(service),
      ),
    })),
  )
  surroundings.write(
    options.json
      ? JSON.stringify({ items }, null, 2)
      : table(
          ['service', 'migration', 'phase', 'state'],
          items.flatMap(({ service, migrations }) =>
            migrations.map(({ name, phase, state }) => [service, name, phase, state]),
          ),
        ),
  )
  const applied = items.every(({ migrations }) => migrations.every(({ state }) => state === 'applied'))
  return applied ? exitCodes.held : exitCodes.found
}

function notChecked(service: string) {
  return (error: unknown): never => {
    if (!(error instanceof DomainError)) throw error
    throw couldNotCheck(`${service}: ${error.message} (${error.code})`, error)
  }
}

export interface MigrateOptions extends DatabaseOptions {
  /** With `down`: the migration to stay at. */
  readonly to?: string
  readonly acceptDataLoss?: boolean
}

/** Runs the services' own migration programs, one after the other, as the migrator. */
export async function migrateDatabases(
  direction: 'up' | 'down',
  options: MigrateOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  if (direction === 'down' && options.service === undefined)
    throw couldNotCheck('migrate down needs --service: which one should go back?')
  const args = [
    direction,
    ...(options.to === undefined ? [] : [`--to=${options.to}`]),
    ...(options.acceptDataLoss === true ? ['--accept-data-loss'] : []),
  ]
  const items: { readonly service: string; readonly ran: readonly string[] }[] = []
  for (const database of serviceDatabases(options, surroundings)) {
    const ran = await run(args, database, surroundings)
    items.push({ service: database.service, ran })
    if (!options.json)
      surroundings.write(
        ran.length === 0
          ? `${database.service}: nothing to do`
          : `${database.service}: ${direction === 'up' ? 'applied' : 'took back'} ${ran.join(', ')}`,
      )
  }
  if (options.json) surroundings.write(JSON.stringify({ items }, null, 2))
  return exitCodes.held
}

/** What a migration program says about its end, as JSON lines. */
interface LogLine {
  readonly applied?: readonly string[]
  readonly err?: { readonly code?: string; readonly message?: string }
}

// The database was not to be had; everything else is a migration that failed.
const notTried = /^(migrator_busy|database_unavailable|ECONN|ENOTFOUND|ETIMEDOUT|28|3D000)/

async function run(
  args: readonly string[],
  { service, migratorUrl }: ServiceDatabase,
  { env }: Surroundings,
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [migrationProgram(service), ...args], {
    env: { ...env, MIGRATOR_DATABASE_URL: migratorUrl, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const lines = text.split('\n').flatMap(parse)
  const applied = lines.find((line) => line.applied !== undefined)?.applied
  if (code === 0 && applied !== undefined) return applied
  const { code: word = '', message = '' } = lines.find(({ err }) => err !== undefined)?.err ?? {}
  const said = [
    message || 'The migration program ended without a word.',
    ...(word === '' ? [] : [`(${word})`]),
  ]
  const exitCode = notTried.test(word) ? exitCodes.couldNotCheck : exitCodes.failed
  throw new CommandEnd(exitCode, `${service}: not migrated. ${said.join(' ')}`)
}

function parse(line: string): LogLine[] {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? [value] : []
  } catch {
    return []
  }
}
