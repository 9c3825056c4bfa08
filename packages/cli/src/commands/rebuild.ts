import { CommandEnd, couldNotCheck, type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'
import { type DatabaseOptions, serviceDatabases, serviceProgram } from '../service-databases.ts'
import { type LogLine, runServiceProgram } from '../service-program.ts'
import { table } from '../table.ts'

export interface RebuildOptions extends DatabaseOptions {
  /** `all` and nothing mean each of them. */
  readonly projection?: string
  /** The stream an earlier run of one projection was stopped after. */
  readonly after?: string
  readonly dryRun?: boolean
}

interface Rebuilt {
  readonly projection: string
  readonly streams: number
  readonly rows: number
  readonly wrong: number
}

/** Makes read models of a service again from its log, by the service's own program and as its own role; exit code 2 when a
 * dry run finds rows that are not what the log says. */
export async function rebuild(
  options: RebuildOptions & { readonly service: string },
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { service, projection, after, dryRun = false, json = false } = options
  const [database] = serviceDatabases(options, surroundings)
  if (database === undefined) throw couldNotCheck(`the running stack has no database of ${service}`)
  const lines = await runServiceProgram(
    {
      service,
      file: serviceProgram(service, 'rebuild'),
      args: [
        ...(projection === undefined || projection === 'all' ? [] : [`--projection=${projection}`]),
        ...(after === undefined ? [] : [`--after=${after}`]),
        ...(dryRun ? ['--dry-run'] : []),
      ],
      env: { DATABASE_URL: database.url },
      failure: 'not rebuilt',
      onLine: (line) => tellProgress(line, surroundings),
    },
    surroundings,
  )
  const projections = lines
    .flatMap((line) => (Array.isArray(line.rebuilt) ? [line.rebuilt as Rebuilt[]] : []))
    .at(-1)
  if (projections === undefined)
    throw new CommandEnd(exitCodes.failed, `${service}: not rebuilt. Its program does not say what it did.`)
  surroundings.write(
    json ? JSON.stringify({ service, dryRun, projections }, null, 2) : asText(projections, dryRun),
  )
  return dryRun && projections.some(({ wrong }) => wrong > 0) ? exitCodes.found : exitCodes.held
}

function tellProgress(
  { projection, streams, totalStreams, wrong, last }: LogLine,
  { warn }: Surroundings,
): void {
  if (streams === undefined) return
  warn(`${projection}: ${streams} of ${totalStreams} streams, ${wrong} wrong rows, up to ${last}`)
}

function asText(projections: readonly Rebuilt[], dryRun: boolean): string {
  return table(
    ['projection', 'streams', 'rows', dryRun ? 'would be mended' : 'mended'],
    projections.map(({ projection, streams, rows, wrong }) => [
      projection,
      String(streams),
      String(rows),
      String(wrong),
    ]),
  )
}
