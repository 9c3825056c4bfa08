import { z } from 'zod'
import { type Context, defineContract } from '../define-contract.ts'
import { timeSchema } from '../vocabulary.ts'
import { exampleStanding } from './schema-example.ts'
import { schemaStandingSchema } from './schema-vocabulary.ts'

/** Each service tells of its own database, on its own stream. */
export const schemaDriftResolved = (context: Context) =>
  defineContract({
    name: 'SchemaDriftResolved',
    context,
    major: 1,
    says: 'The schema is again what the service needs; everything that drift took away works.',
    schema: schemaStandingSchema.extend({
      incidentId: z.uuid(),
      detectedAt: timeSchema,
      resolvedAt: timeSchema,
    }),
    example: {
      ...exampleStanding(context),
      trigger: 'ddl',
      incidentId: '3f2a6f3e-7f0b-5f0e-9d7a-0c1d2e3f4a5b',
      detectedAt: '2026-11-23T10:00:00.000Z',
      resolvedAt: '2026-11-23T10:04:00.000Z',
    },
  })
