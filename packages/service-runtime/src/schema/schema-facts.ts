import type { SchemaChange, SchemaFinding } from '@evergrant/event-contracts'
import type { CapabilityStatus } from '../health.ts'

/** What one verification found, as every schema fact and event tells it. */
export interface SchemaStanding {
  readonly service: string
  readonly instanceId: string
  readonly manifestHash: string
  readonly databaseHash: string | null
  readonly trigger: string
  readonly findings: readonly SchemaFinding[]
  readonly capabilities: Readonly<Record<string, CapabilityStatus>>
  readonly verifiedAt: string
}

export interface SchemaIncident {
  readonly incidentId: string
  readonly detectedAt: string
}

export type SchemaFact =
  | { readonly type: 'SchemaVerified'; readonly data: SchemaStanding }
  | {
      readonly type: 'SchemaDriftDetected'
      readonly data: SchemaStanding & SchemaIncident & { readonly change: SchemaChange | null }
    }
  | {
      readonly type: 'SchemaDriftResolved'
      readonly data: SchemaStanding & SchemaIncident & { readonly resolvedAt: string }
    }

/** Joins the catalogue of every service that verifies its schema. */
export const schemaFactCatalogue = {
  SchemaVerified: { schemaVersion: 1 },
  SchemaDriftDetected: { schemaVersion: 1 },
  SchemaDriftResolved: { schemaVersion: 1 },
} as const satisfies Record<SchemaFact['type'], { schemaVersion: number }>
