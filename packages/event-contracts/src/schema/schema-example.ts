import type { z } from 'zod'
import type { Context } from '../define-contract.ts'
import type { SchemaFinding, schemaStandingSchema } from './schema-vocabulary.ts'

type Standing = z.input<typeof schemaStandingSchema>

/** A schema that is as it should be. */
export const exampleStanding = (context: Context): Standing => ({
  service: `${context}-service`,
  instanceId: `${context}-service-1`,
  manifestHash: 'f0e4c2f76c58916ec258f246851bea091d14d4247a2fc3e18694461b1816e13b',
  databaseHash: 'f0e4c2f76c58916ec258f246851bea091d14d4247a2fc3e18694461b1816e13b',
  trigger: 'start',
  findings: [],
  capabilities: { 'token.read': 'ok', 'token.refresh': 'ok' },
  verifiedAt: '2026-11-23T10:00:00.000Z',
})

/** The outage this project exists because of. */
export const exampleDrift = (context: Context): Standing => ({
  ...exampleStanding(context),
  databaseHash: 'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c',
  trigger: 'ddl',
  findings: [exampleFinding],
  capabilities: { 'token.read': 'unavailable', 'token.refresh': 'ok' },
})

const exampleFinding: SchemaFinding = {
  path: 'user_oauth_tokens.scope',
  kind: 'column_missing',
  class: 'breaking_read',
  expected: 'text',
  actual: null,
  explanation: 'The column user_oauth_tokens.scope is gone; statements that name it fail.',
  remedy: 'alter table user_oauth_tokens add column scope text',
  additive: true,
  capabilities: ['token.read'],
}
