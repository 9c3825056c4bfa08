import type { Clock, Ids } from '@evergrant/decider'
import type { Context, SchemaChange } from '@evergrant/event-contracts'
import { type EventStore, handleCommand } from '@evergrant/event-store'
import type { VerificationReport } from '@evergrant/schema-verification'
import { serviceOf } from '../exchange/subjects.ts'
import type { SchemaIncident } from './schema-facts.ts'
import { schemaHistory } from './schema-history.ts'
import { schemaPublications } from './schema-publications.ts'

export interface SchemaRecordOptions {
  readonly store: EventStore
  readonly context: Context
  readonly instanceId: string
  readonly clock: Clock
  readonly ids: Ids
}

export interface Verification {
  readonly report: VerificationReport
  readonly incident: SchemaIncident | null
  readonly change: SchemaChange | null
}

/** Makes facts, and events, of verifications. Every replica may tell of the same; it is on record once. */
export function createSchemaRecord({ store, context, instanceId, clock, ids }: SchemaRecordOptions) {
  let recorded: string | null = null

  /** @throws whatever the store throws: drift may have hit the store itself. Tell it again with the next verification. */
  return async ({ report, incident, change }: Verification): Promise<void> => {
    if (report.status === 'unverifiable') return
    const verifiedAt = report.lastVerifiedAt ?? clock.now().toISOString()
    // A stream a day keeps streams short and repeats the standing for those who come late. One a version, or two
    // versions side by side during a deployment would contradict each other for ever.
    const day = verifiedAt.slice(0, 10)
    const streamId = `schema-${context}-${report.manifestHash.slice(0, 12)}-${day}`
    const told = `${streamId} ${incident?.incidentId ?? 'verified'}`
    if (told === recorded) return
    const { manifestHash, databaseHash, trigger, capabilities } = report
    const findings = report.findings.map((finding) => ({
      ...finding,
      capabilities: [...finding.capabilities],
    }))
    await handleCommand(store, {
      decider: schemaHistory,
      streamType: 'schema',
      streamId,
      command: {
        type: 'RecordVerification',
        standing: {
          service: serviceOf(context),
          instanceId,
          manifestHash,
          databaseHash,
          trigger,
          findings,
          capabilities,
          verifiedAt,
        },
        incident,
        change,
      },
      metadata: { actor: { kind: 'service', id: serviceOf(context) }, correlationId: ids.next() },
      publish: schemaPublications(context),
    })
    recorded = told
  }
}
