import { parseArgs } from 'node:util'
import type { Rebuildable } from '@evergrant/event-store'
import { runtimeErrors } from './errors.ts'

/** What there is to choose from. */
type Known = Pick<Rebuildable, 'name' | 'tables'>

export interface RebuildArguments {
  /** Those to rebuild, in the order they are declared in. */
  readonly projections: readonly string[]
  /** Tables that were named and that no projection makes. */
  readonly notDerived: readonly string[]
  readonly after?: string
  readonly dryRun: boolean
}

/** What a service's rebuild program is told: `[--projection P [--after STREAM]] [--table T …] [--dry-run]`: a projection, those that
 * make one of the tables, or all of them.
 * @throws DomainError `invalid_config` for a projection that is none, naming those there are; TypeError for what is no argument. */
export function rebuildArguments(args: readonly string[], known: readonly Known[]): RebuildArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      projection: { type: 'string' },
      after: { type: 'string' },
      table: { type: 'string', multiple: true },
      'dry-run': { type: 'boolean' },
    },
  })
  const { projection, after, table: tables } = values
  const names = known.map(({ name }) => name)
  if (projection !== undefined && !names.includes(projection))
    throw runtimeErrors.invalid_config({
      message: `There is no projection ${projection}; there are ${names.join(', ')}.`,
    })
  if (after !== undefined && projection === undefined)
    throw runtimeErrors.invalid_config({ message: '--after needs --projection.' })
  return {
    projections: projection === undefined ? makersOf(known, tables) : [projection],
    notDerived: (tables ?? []).filter((table) => !known.some((one) => one.tables.includes(table))),
    ...(after === undefined ? {} : { after }),
    dryRun: values['dry-run'] === true,
  }
}

function makersOf(known: readonly Known[], tables: readonly string[] | undefined): readonly string[] {
  return known
    .filter((one) => tables === undefined || one.tables.some((table) => tables.includes(table)))
    .map(({ name }) => name)
}
