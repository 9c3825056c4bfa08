import type { ApiOptions } from '../gateway-api.ts'
import { couldNotCheck, type ExitCode, type Surroundings } from '../outcome.ts'
import { type RebuildOptions, rebuildReadModels } from './rebuild.ts'
import { reclassify } from './reclassify.ts'

/** What was recorded, once more: read models are made again from the log. token-service has rules as well, and without
 * `--projection` it is those that are applied again. */
export async function replay(
  options: ApiOptions & RebuildOptions & { readonly service: string },
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { service, projection, after, against } = options
  if (service !== 'token-service' || projection !== undefined) return rebuildReadModels(options, surroundings)
  if (after !== undefined || against !== undefined)
    throw couldNotCheck('--after and --against need --projection: rules are applied by the running stack')
  return reclassify(options, surroundings)
}
