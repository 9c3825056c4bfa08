import { couldNotCheck, type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'
import { type RebuildRequest, type Rebuilt, rebuild } from '../rebuild.ts'
import { type DatabaseOptions, serviceDatabases } from '../service-databases.ts'
import { table } from '../table.ts'

export interface RebuildOptions extends DatabaseOptions, Omit<RebuildRequest, 'tables'> {}

/** Rebuilds a read model, or with `--projection all` each of them; exit code 2 when a dry run finds rows that are not what
 * the log says. */
export async function rebuildReadModels(
  options: RebuildOptions & { readonly service: string },
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { service, projection, after, dryRun = false, json = false } = options
  const [database] = serviceDatabases(options, surroundings)
  if (database === undefined) throw couldNotCheck(`the running stack has no database of ${service}`)
  const request = {
    ...(projection === undefined || projection === 'all' ? {} : { projection }),
    ...(after === undefined ? {} : { after }),
    dryRun,
  }
  const { projections } = await rebuild(database, request, surroundings)
  surroundings.write(
    json ? JSON.stringify({ service, dryRun, projections }, null, 2) : asText(projections, dryRun),
  )
  return dryRun && projections.some(({ wrong }) => wrong > 0) ? exitCodes.found : exitCodes.held
}

function asText(projections: Rebuilt['projections'], dryRun: boolean): string {
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
