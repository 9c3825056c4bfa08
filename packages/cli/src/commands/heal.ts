import { DomainError } from '@evergrant/decider'
import { type HealingReport, healSchema } from '@evergrant/schema-verification'
import { type Healed, healingWords } from '../healing-words.ts'
import { couldNotCheck, type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'
import { type Rebuilt, rebuild } from '../rebuild.ts'
import {
  type DatabaseOptions,
  manifestOf,
  type ServiceDatabase,
  serviceDatabases,
} from '../service-databases.ts'

interface HealOptions extends DatabaseOptions {
  readonly apply?: boolean
  readonly fillDefaults?: boolean
  readonly role?: string
}

/** Brings back what is only missing in the databases, one after the other, and reads from the log what columns that came
 * back should say. Found something: differences that are there still; failed: healing was tried and did not help. */
export async function heal(options: HealOptions, surroundings: Surroundings): Promise<ExitCode> {
  const items: Healed[] = []
  for (const database of serviceDatabases(options, surroundings)) {
    const report = await healOne(database, options, surroundings)
    const healed = { ...report, refilled: await refill(database, report, surroundings) }
    items.push(healed)
    if (!options.json) surroundings.write(healingWords(healed))
  }
  if (options.json) surroundings.write(JSON.stringify({ items }, null, 2))
  if (items.some(({ unverifiable }) => unverifiable !== null)) return exitCodes.couldNotCheck
  if (items.some(({ remaining }) => remaining.some(({ failed }) => failed))) return exitCodes.failed
  return items.some(({ status }) => status === 'drift') ? exitCodes.found : exitCodes.held
}

async function healOne(
  { service, migratorUrl, role }: ServiceDatabase,
  options: HealOptions,
  { cwd, now }: Surroundings,
): Promise<HealingReport> {
  try {
    return await healSchema({
      url: migratorUrl,
      manifest: manifestOf(service, options.manifest, cwd),
      clock: { now },
      role: options.role ?? role,
      apply: options.apply === true,
      fillDefaults: options.fillDefaults === true,
    })
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    throw couldNotCheck(`${service}: ${error.message} (${error.code})`, error)
  }
}

async function refill(
  database: ServiceDatabase,
  { healed }: HealingReport,
  surroundings: Surroundings,
): Promise<Rebuilt | null> {
  const columns = healed.filter(({ finding }) => finding.kind === 'column_missing')
  const tables = new Set(columns.map(({ finding: { path } }) => path.slice(0, path.lastIndexOf('.'))))
  return tables.size === 0 ? null : await rebuild(database, { tables: [...tables] }, surroundings)
}
