import { parseArgs } from 'node:util'
import { runtimeErrors } from './errors.ts'

export interface RebuildArguments {
  /** Those to rebuild, in the order they are declared in. */
  readonly projections: readonly string[]
  readonly after?: string
  readonly dryRun: boolean
}

/** What a service's rebuild program is told: `[--projection P [--after STREAM]] [--dry-run]`, all projections when none is named.
 * @throws DomainError `invalid_config` for a projection that is none, naming those there are; TypeError for what is no argument. */
export function rebuildArguments(args: readonly string[], known: readonly string[]): RebuildArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      projection: { type: 'string' },
      after: { type: 'string' },
      'dry-run': { type: 'boolean' },
    },
  })
  const { projection, after } = values
  if (projection !== undefined && !known.includes(projection))
    throw runtimeErrors.invalid_config({
      message: `There is no projection ${projection}; there are ${known.join(', ')}.`,
    })
  if (after !== undefined && projection === undefined)
    throw runtimeErrors.invalid_config({ message: '--after needs --projection.' })
  return {
    projections: projection === undefined ? known : [projection],
    ...(after === undefined ? {} : { after }),
    dryRun: values['dry-run'] === true,
  }
}
