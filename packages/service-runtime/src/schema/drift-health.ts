import type { CapabilityReport, Health } from '../health.ts'
import type { DriftStanding } from './drift-standing.ts'

const description = 'The database schema is not what this version needs; see /v1/schema.'

/** Joins drift to health. A process that drift finds at its start does not become ready; one that drift finds at work
 * stays ready, or all replicas would be taken out at once for a capability that only some callers need. */
export function joinHealth(
  health: Health,
  standing: DriftStanding,
  { capabilities, gatePassed }: { capabilities: readonly string[]; gatePassed: () => boolean },
): void {
  for (const name of capabilities) health.capability(name, () => ({ status: 'ok' }))
  health.capability('schema', () => schemaHealth(standing, gatePassed()))
  health.overlay((name, report) => {
    const status = standing.stateOf(name)
    if (status === 'ok' || report.status === 'unavailable') return report
    return { status, reason: 'schema_drift', description, ...(gatePassed() ? { keepsReady: true } : {}) }
  })
}

function schemaHealth(standing: DriftStanding, gatePassed: boolean): CapabilityReport {
  const report = standing.report()
  const ill = gatePassed ? ('degraded' as const) : ('unavailable' as const)
  if (report === null) {
    return {
      status: ill,
      reason: 'schema_not_verified_yet',
      description: 'Nothing is claimed about the schema.',
    }
  }
  if (report.status === 'unverifiable') {
    return {
      status: ill,
      reason: report.unverifiable?.code ?? 'schema_unverifiable',
      description: 'The schema cannot be verified right now.',
    }
  }
  if (report.status === 'verified') return { status: 'ok' }
  return { status: gatePassed ? 'degraded' : ill, reason: 'schema_drift', description }
}
