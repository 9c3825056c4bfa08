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
    const hasItsOwnReason = report.status === 'unavailable' && !followsFromDrift(report)
    if (status === 'ok' || hasItsOwnReason) return report
    return { status, reason: 'schema_drift', description, ...(gatePassed() ? { keepsReady: true } : {}) }
  })
}

/** A check that runs into what drift left says so, or throws. */
function followsFromDrift({ reason }: CapabilityReport): boolean {
  return reason === 'schema_drift' || reason === 'check_failed'
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
