import type { Clock } from '@evergrant/decider'
import type { SchemaChange } from '@evergrant/event-contracts'
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
  const timeToDetect = metrics.histogram({
    name: 'schema_drift_time_to_detect_seconds',
    help: 'From the DDL that PostgreSQL told of to the drift that was found',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  })
  return {
    detected: ({ changedAt }: SchemaChange) =>
      timeToDetect.observe(Math.max(0, clock.now().getTime() - Date.parse(changedAt)) / 1000),
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
