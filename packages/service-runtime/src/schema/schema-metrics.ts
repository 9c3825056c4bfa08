import type { Clock } from '@evergrant/decider'
import { findingClasses, type VerificationReport } from '@evergrant/schema-verification'
import type { Metrics } from '../metrics.ts'

const levels = { ok: 1, degraded: 0.5, unavailable: 0 } as const

/** What alerts are made of: drift by class, capabilities by level, and when anybody last looked. */
export function createSchemaMetrics(metrics: Metrics, clock: Clock) {
  const findings = metrics.gauge({
    name: 'schema_findings',
    help: 'Differences between the schema the code needs and the one that is there',
    labelNames: ['class'],
  })
  const capabilities = metrics.gauge({
    name: 'schema_capability',
    help: 'What drift leaves of a capability: 1 all, 0.5 some, 0 nothing',
    labelNames: ['capability'],
  })
  const verifiedAt = metrics.gauge({
    name: 'schema_last_verified_timestamp_seconds',
    help: 'When the schema was last verified; a verifier that stops is an alarm of its own',
  })
  const verifications = metrics.counter({
    name: 'schema_verifications_total',
    help: 'Looks at the schema by what set them off and how they ended',
    labelNames: ['trigger', 'status'],
  })
  return {
    verified: (report: VerificationReport) => {
      verifications.inc({ trigger: report.trigger, status: report.status })
      if (report.status === 'unverifiable') return
      verifiedAt.set(clock.now().getTime() / 1000)
      for (const word of findingClasses) {
        findings.set({ class: word }, report.findings.filter((found) => found.class === word).length)
      }
      for (const [capability, state] of Object.entries(report.capabilities)) {
        capabilities.set({ capability }, levels[state])
      }
    },
  }
}
