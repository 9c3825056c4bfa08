import type { Decider } from '@evergrant/decider'
import type { SchemaChange } from '@evergrant/event-contracts'
import type { SchemaFact, SchemaIncident, SchemaStanding } from './schema-facts.ts'

/** One day of one version of a service: `none` until it was first looked at, then `verified` and `drift` in turn. */
export type SchemaHistory =
  | { readonly status: 'none' }
  | { readonly status: 'verified' }
  | ({ readonly status: 'drift' } & SchemaIncident)

export interface RecordVerification {
  readonly type: 'RecordVerification'
  readonly standing: SchemaStanding
  /** Null while the schema is right. */
  readonly incident: SchemaIncident | null
  readonly change: SchemaChange | null
}

/** Every replica tells of every verification; only what nobody told before becomes a fact. */
export const schemaHistory: Decider<SchemaHistory, RecordVerification, SchemaFact> = {
  initialState: { status: 'none' },
  decide: ({ standing, incident, change }, state) => {
    if (incident !== null) {
      if (state.status === 'drift' && state.incidentId === incident.incidentId) return []
      // Another drift on top of the first has begun when that began.
      const began = state.status === 'drift' ? state : incident
      const { incidentId } = incident
      return [
        {
          type: 'SchemaDriftDetected',
          data: { ...standing, incidentId, detectedAt: began.detectedAt, change },
        },
      ]
    }
    if (state.status === 'verified') return []
    const verified: SchemaFact = { type: 'SchemaVerified', data: standing }
    if (state.status === 'none') return [verified]
    const { incidentId: ended, detectedAt } = state
    const resolvedAt = standing.verifiedAt
    return [
      { type: 'SchemaDriftResolved', data: { ...standing, incidentId: ended, detectedAt, resolvedAt } },
      verified,
    ]
  },
  evolve: (state, { type, data }) => {
    switch (type) {
      case 'SchemaDriftDetected':
        return { status: 'drift', incidentId: data.incidentId, detectedAt: data.detectedAt }
      case 'SchemaDriftResolved':
      case 'SchemaVerified':
        return { status: 'verified' }
      default:
        return state
    }
  },
}
