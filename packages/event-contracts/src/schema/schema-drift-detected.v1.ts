import { z } from 'zod'
import { type Context, defineContract } from '../define-contract.ts'
import { timeSchema } from '../vocabulary.ts'
import { exampleDrift } from './schema-example.ts'
import { schemaChangeSchema, schemaStandingSchema } from './schema-vocabulary.ts'

/** Each service tells of its own database, on its own stream. */
export const schemaDriftDetected = (context: Context) =>
  defineContract({
    name: 'SchemaDriftDetected',
    context,
    major: 1,
    says: 'The database no longer has the schema the service needs, column by column, and what that takes away.',
    schema: schemaStandingSchema.extend({
      /** Derived from service and findings: the same drift is the same incident on every replica. */
      incidentId: z.uuid(),
      /** Who did it, where PostgreSQL could tell. */
      change: schemaChangeSchema.nullable(),
      detectedAt: timeSchema,
    }),
    example: {
      ...exampleDrift(context),
      incidentId: '3f2a6f3e-7f0b-5f0e-9d7a-0c1d2e3f4a5b',
      change: {
        command: 'ALTER TABLE',
        objects: ['public.user_oauth_tokens'],
        role: 'postgres',
        application: 'psql',
        changedAt: '2026-11-23T10:00:00.000Z',
      },
      detectedAt: '2026-11-23T10:00:00.000Z',
    },
  })
