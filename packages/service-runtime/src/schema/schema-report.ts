import { schemaChangeSchema, schemaFindingSchema, timeSchema } from '@evergrant/event-contracts'
import { z } from 'zod'

/** CONTRACT 3, "Schema report", with the incident it belongs to and who said it. */
export const schemaReportSchema = z.object({
  service: z.string(),
  status: z.enum(['verified', 'drift', 'unverifiable']),
  manifestHash: z.string().nullable(),
  databaseHash: z.string().nullable(),
  lastVerifiedAt: timeSchema.nullable(),
  trigger: z.string().nullable(),
  findings: z.array(schemaFindingSchema),
  capabilities: z.record(z.string(), z.enum(['ok', 'degraded', 'unavailable'])),
  /** The same on every replica, and in every 503 that this drift caused. */
  incidentId: z.uuid().nullable(),
  detectedAt: timeSchema.nullable(),
  /** Who changed the schema, where PostgreSQL could tell. */
  change: schemaChangeSchema.nullable(),
  /** Why nothing is claimed; null while something is. */
  unverifiable: z.object({ code: z.string(), message: z.string() }).nullable(),
  /** Whether DDL is told at once; null where the event triggers are not installed and the poll finds it. */
  ddlNotification: z.boolean().nullable(),
  /** Applied migrations that this version does not know. */
  aheadBy: z.array(z.string()),
  instanceId: z.string().nullable(),
})
export type SchemaReport = z.infer<typeof schemaReportSchema>

/** NATS core subject on which a service tells how its schema stands, every few seconds. */
export const schemaSubject = (context: string): string => `evergrant.schema.${context}`
