import { type VerificationReport, verifyDatabase } from '@evergrant/schema-verification'
import { type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'
import { type DatabaseOptions, manifestOf, serviceDatabases } from '../service-databases.ts'
import { table } from '../table.ts'

interface SchemaOptions extends DatabaseOptions {
  readonly role?: string
}

/** Verifies databases against the manifests of this code. What could not be checked weighs more than what drifted. */
export async function schemaCommand(
  show: 'verify' | 'diff',
  options: SchemaOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const reports = await Promise.all(
    serviceDatabases(options, surroundings).map(({ service, url }) =>
      verifyDatabase(url, {
        manifest: manifestOf(service, options.manifest, surroundings.cwd),
        clock: { now: surroundings.now },
        ...(options.role === undefined ? {} : { role: options.role }),
      }),
    ),
  )
  if (options.json) surroundings.write(JSON.stringify({ items: reports }, null, 2))
  else
    for (const report of reports) surroundings.write(show === 'verify' ? verdictOf(report) : scriptOf(report))
  if (reports.some(({ status }) => status === 'unverifiable')) return exitCodes.couldNotCheck
  return reports.some(({ status }) => status === 'drift') ? exitCodes.found : exitCodes.held
}

function verdictOf({
  service,
  status,
  findings,
  capabilities,
  unverifiable,
  aheadBy,
}: VerificationReport): string {
  if (unverifiable !== null)
    return `? ${service}: not checked (${unverifiable.code}). ${unverifiable.message}`
  const ahead =
    aheadBy.length === 0 ? '' : `, ${aheadBy.length} migrations ahead of this code (${aheadBy.join(', ')})`
  if (status === 'verified') return `✓ ${service}: as it should be${ahead}`
  const hit = Object.entries(capabilities).filter(([, state]) => state !== 'ok')
  return [
    `✗ ${service}: drift${ahead}`,
    table(
      ['  what', 'class', 'explanation'],
      findings.map(({ path, class: word, explanation }) => [`  ${path}`, word, explanation]),
    ),
    ...hit.map(([name, state]) => `  ${name} is ${state}`),
  ].join('\n')
}

/** SQL for the migrator, with what each statement is for; what no statement could put right stays a comment. */
function scriptOf(report: VerificationReport): string {
  const { service, findings, unverifiable } = report
  if (unverifiable !== null)
    return `-- ${service}: not checked (${unverifiable.code}). ${unverifiable.message}`
  if (findings.length === 0) return `-- ${service}: no difference`
  return findings
    .map(({ path, class: word, expected, actual, explanation, remedy, capabilities }) =>
      [
        `-- ${service}: ${path} (${word})`,
        `--   expected: ${expected ?? 'nothing'}`,
        `--   actual:   ${actual ?? 'nothing'}`,
        `--   ${explanation}`,
        ...(capabilities.length === 0 ? [] : [`--   hits: ${capabilities.join(', ')}`]),
        remedy === null ? '--   no statement puts this right' : `${remedy};`,
      ].join('\n'),
    )
    .join('\n\n')
}
