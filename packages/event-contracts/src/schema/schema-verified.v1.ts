import { type Context, defineContract } from '../define-contract.ts'
import { exampleStanding } from './schema-example.ts'
import { schemaStandingSchema } from './schema-vocabulary.ts'

/** Each service tells of its own database, on its own stream. */
export const schemaVerified = (context: Context) =>
  defineContract({
    name: 'SchemaVerified',
    context,
    major: 1,
    says: 'The database has the schema the service needs; told when that begins, and once a day.',
    schema: schemaStandingSchema,
    example: exampleStanding(context),
  })
