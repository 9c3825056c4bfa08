import type { Clock } from '@evergrant/decider'
import type { VerificationReport } from '@evergrant/schema-verification'
import { v5 as uuidv5 } from 'uuid'
import { runtimeErrors } from '../errors.ts'
import type { CapabilityStatus } from '../health.ts'
import type { SchemaIncident } from './schema-facts.ts'

/** What the last verifications say about what callers can rely on. */
export interface DriftStanding {
  accept(report: VerificationReport): void
  /** The newest; null before the first. */
  report(): VerificationReport | null
  /** Null while the schema is right, as far as anybody could look. */
  incident(): SchemaIncident | null
  stateOf(capability: string): CapabilityStatus
  /** @throws DomainError `schema_drift` while drift has taken the capability away. */
  demand(capability: string): void
}

// Verification looks again every two seconds; a caller that comes back later than that gets the new answer.
const retryAfterSeconds = 5
const incidentNamespace = '6f1c1c3e-5c1e-5d43-9a55-5b3a3f6c1f0e'

export function createDriftStanding(clock: Clock): DriftStanding {
  let report: VerificationReport | null = null
  let incident: SchemaIncident | null = null
  let states: Readonly<Record<string, CapabilityStatus>> = {}

  const standing: DriftStanding = {
    accept: (next) => {
      report = next
      // Who cannot look knows nothing new: what was taken away stays so, what worked may go on.
      if (next.status === 'unverifiable') return
      states = next.capabilities
      if (next.status === 'verified') {
        incident = null
        return
      }
      const incidentId = incidentIdOf(next)
      if (incident?.incidentId === incidentId) return
      incident = { incidentId, detectedAt: clock.now().toISOString() }
    },
    report: () => report,
    incident: () => incident,
    stateOf: (capability) => states[capability] ?? 'ok',
    demand: (capability) => {
      if (standing.stateOf(capability) !== 'unavailable') return
      throw runtimeErrors.schema_drift({
        retryAfterSeconds,
        extensions: { capability, ...(incident ? { incidentId: incident.incidentId } : {}) },
      })
    },
  }
  return standing
}

/** Follows from what was found, so that every replica calls the same drift by the same name. */
function incidentIdOf({ service, manifestHash, findings }: VerificationReport): string {
  const found = findings.map(({ path, kind, actual }) => `${path} ${kind} ${actual ?? ''}`).sort()
  return uuidv5(JSON.stringify([service, manifestHash, found]), incidentNamespace)
}
