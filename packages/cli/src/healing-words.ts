import type { HealingReport, HealingStep } from '@evergrant/schema-verification'
import type { Rebuilt } from './rebuild.ts'

export interface Healed extends HealingReport {
  /** What was read again from the service's log, for columns that came back empty. */
  readonly refilled: Rebuilt | null
}

/** What healing a service's database did, or would do. */
export function healingWords(report: Healed): string {
  const { service, applied, plan, healed, remaining, refilled, unverifiable } = report
  if (unverifiable !== null)
    return `? ${service}: not checked (${unverifiable.code}). ${unverifiable.message}`
  if (plan.length + healed.length + remaining.length === 0) return `✓ ${service}: nothing to heal`
  const steps = applied ? healed : plan
  const counted = applied
    ? `${healed.length} healed, ${remaining.length} left`
    : `${plan.length} can be healed, ${remaining.length} cannot`
  return [
    `${applied && remaining.length === 0 ? '✓' : '✗'} ${service}: ${counted}`,
    ...steps.flatMap(stepWords),
    ...(refilled === null ? [] : refillWords(refilled)),
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

function refillWords({ projections, notDerived }: Rebuilt): string[] {
  return [
    ...projections.map(
      ({ projection, wrong }) =>
        `  ↻ ${projection}: ${wrong} rows say again what the log knows; what it does not know stays unknown`,
    ),
    ...notDerived.map((table) => `  ? ${table}: no log tells what its rows said`),
  ]
}
