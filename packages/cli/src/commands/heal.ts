import { DomainError } from '@evergrant/decider'
import { type HealingReport, type HealingStep, healSchema } from '@evergrant/schema-verification'
import { couldNotCheck, type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'
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

/** Brings back what is only missing in the databases, one after the other. Found something: differences that are there
 * still; failed: healing was tried and did not help. */
export async function heal(options: HealOptions, surroundings: Surroundings): Promise<ExitCode> {
  const items: HealingReport[] = []
  for (const database of serviceDatabases(options, surroundings)) {
    const report = await healOne(database, options, surroundings)
    items.push(report)
    if (!options.json) surroundings.write(wordsFor(report))
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

function wordsFor(report: HealingReport): string {
  const { service, applied, plan, healed, remaining, unverifiable } = report
  if (unverifiable !== null)
    return `? ${service}: not checked (${unverifiable.code}). ${unverifiable.message}`
  if (plan.length + healed.length + remaining.length === 0) return `✓ ${service}: nothing to heal`
  const steps = applied ? healed : plan
  return [
    `${remaining.length > 0 || !applied ? '✗' : '✓'} ${service}: ${steps.length} ${applied ? 'healed' : 'can be healed'}, ${remaining.length} ${applied ? 'left' : 'cannot'}`,
    ...steps.flatMap(stepWords),
    ...remaining.map(({ finding, reason }) => `  ✗ ${finding.path} (${finding.class}): ${reason}`),
    ...(applied || plan.length === 0 ? [] : ['  Nothing was changed; --apply does it.']),
  ].join('\n')
}

function stepWords({ finding, statements, note }: HealingStep): string[] {
  return [
    `  + ${finding.path} (${finding.class})${note === null ? '' : `: ${note}`}`,
    ...statements.map((statement) => `      ${statement};`),
  ]
}
