import { CommandEnd, exitCodes, type Surroundings } from './outcome.ts'
import { type ServiceDatabase, serviceProgram } from './service-databases.ts'
import { type LogLine, runServiceProgram } from './service-program.ts'

export interface RebuildRequest {
  readonly projection?: string
  /** Instead: all that make rows of these. */
  readonly tables?: readonly string[]
  /** The stream an earlier run of one projection was stopped after. */
  readonly after?: string
  readonly dryRun?: boolean
}

export interface Rebuilt {
  readonly projections: readonly {
    readonly projection: string
    readonly streams: number
    readonly rows: number
    readonly wrong: number
  }[]
  /** Tables that hold what no log can tell again. */
  readonly notDerived: readonly string[]
}

/** Makes read models of a service again from its log, by the service's own program.
 * @throws CommandEnd when it did not come to its end. */
export async function rebuild(
  { service, url }: Pick<ServiceDatabase, 'service' | 'url'>,
  { projection, tables = [], after, dryRun = false }: RebuildRequest,
  surroundings: Surroundings,
): Promise<Rebuilt> {
  const lines = await runServiceProgram(
    {
      service,
      file: serviceProgram(service, 'rebuild'),
      args: [
        ...(projection === undefined ? [] : [`--projection=${projection}`]),
        ...tables.map((name) => `--table=${name}`),
        ...(after === undefined ? [] : [`--after=${after}`]),
        ...(dryRun ? ['--dry-run'] : []),
      ],
      env: { DATABASE_URL: url },
      failure: 'not rebuilt',
      onLine: (line) => tellProgress(line, surroundings),
    },
    surroundings,
  )
  const { rebuilt, notDerived = [] } = lines.findLast((line) => Array.isArray(line.rebuilt)) ?? {}
  if (rebuilt === undefined)
    throw new CommandEnd(exitCodes.failed, `${service}: not rebuilt. Its program does not say what it did.`)
  return { projections: rebuilt as Rebuilt['projections'], notDerived: notDerived as readonly string[] }
}

function tellProgress(
  { projection, streams, totalStreams, wrong, last }: LogLine,
  { warn }: Surroundings,
): void {
  if (streams === undefined) return
  warn(`${projection}: ${streams} of ${totalStreams} streams, ${wrong} wrong rows, up to ${last}`)
}
