import { z } from 'zod'
import { capabilityStateSchema, timeSchema } from '../vocabulary.ts'

/** One difference between the schema the code needs and the one that is there. */
export const schemaFindingSchema = z.object({
  /** `user_oauth_tokens.scope` */
  path: z.string(),
  kind: z.string(),
  class: z.enum(['breaking_read', 'breaking_write', 'silent', 'integrity', 'performance', 'info']),
  expected: z.string().nullable(),
  actual: z.string().nullable(),
  explanation: z.string(),
  /** SQL for the migrator role. */
  remedy: z.string().nullable(),
  additive: z.boolean(),
  capabilities: z.array(z.string()),
})
export type SchemaFinding = z.infer<typeof schemaFindingSchema>

/** The statement that changed the schema, where an event trigger saw it. */
export const schemaChangeSchema = z.object({
  /** `ALTER TABLE` */
  command: z.string(),
  objects: z.array(z.string()),
  role: z.string(),
  application: z.string(),
  changedAt: timeSchema,
})
export type SchemaChange = z.infer<typeof schemaChangeSchema>

/** What every schema event tells. */
export const schemaStandingSchema = z.object({
  /** `token-service`; the schema is that of its own database. */
  service: z.string(),
  instanceId: z.string(),
  manifestHash: z.string(),
  databaseHash: z.string().nullable(),
  /** start, ddl, poll, reconnect, error, migration, request. */
  trigger: z.string(),
  findings: z.array(schemaFindingSchema),
  capabilities: z.record(z.string(), capabilityStateSchema),
  verifiedAt: timeSchema,
})
