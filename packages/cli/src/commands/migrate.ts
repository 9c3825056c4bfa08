import { DomainError } from '@evergrant/decider'
import { migrationStatus, withSession } from '@evergrant/schema-verification'
import { CommandEnd, couldNotCheck, type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'
import {
  type DatabaseOptions,
  manifestOf,
  type ServiceDatabase,
  serviceDatabases,
  serviceProgram,
} from '../service-databases.ts'
import { runServiceProgram } from '../service-program.ts'
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

async function run(
  args: readonly string[],
  { service, migratorUrl }: ServiceDatabase,
  surroundings: Surroundings,
): Promise<readonly string[]> {
  const lines = await runServiceProgram(
    {
      ...{ service, file: serviceProgram(service, 'migrate'), args },
      env: { MIGRATOR_DATABASE_URL: migratorUrl },
      failure: 'not migrated',
    },
    surroundings,
  )
  const applied = lines.flatMap((line) => (Array.isArray(line.applied) ? [line.applied] : [])).at(-1)
  if (applied === undefined)
    throw new CommandEnd(exitCodes.failed, `${service}: not migrated. Its program does not say what it did.`)
  return applied.map(String)
}
