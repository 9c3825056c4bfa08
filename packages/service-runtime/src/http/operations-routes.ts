import { z } from 'zod'
import { runtimeErrors } from '../errors.ts'
import type { Health } from '../health.ts'
import type { Metrics } from '../metrics.ts'
import { schemaReportSchema } from '../schema/schema-report.ts'
import type { HttpApp } from './http-app-type.ts'
import { problemSchema } from './problem.ts'
import type { SchemaGuard } from './schema-guard.ts'

const capabilitySchema = z.object({
  name: z.string(),
  status: z.enum(['ok', 'degraded', 'unavailable']),
  reason: z.string().optional(),
  description: z.string().optional(),
  since: z.string(),
})

const readinessSchema = z.object({
  service: z.string(),
  instanceId: z.string().optional(),
  status: z.enum(['ready', 'not_ready']),
  capabilities: z.array(capabilitySchema),
})

export interface OperationsRoutes {
  readonly name: string
  readonly instanceId?: string
  readonly health: Health
  readonly metrics: Metrics
  readonly schema?: SchemaGuard
}

/** /health/* and /metrics, on the service's own port. */
export function operationsRoutes(
  app: HttpApp,
  { name, instanceId, health, metrics, schema }: OperationsRoutes,
): void {
  const config = { access: 'public', limit: 'none' } as const
  const tags = ['operations']

  app.get(
    '/health/live',
    { config, schema: { tags, response: { 200: z.object({ status: z.literal('live') }) } } },
    async () => ({ status: 'live' as const }),
  )
  app.get(
    '/health/ready',
    { config, schema: { tags, response: { 200: readinessSchema, 503: readinessSchema } } },
    async (_request, reply) => {
      const { ready, capabilities } = await health.ready()
      return reply.code(ready ? 200 : 503).send({
        service: name,
        ...(instanceId === undefined ? {} : { instanceId }),
        status: ready ? 'ready' : 'not_ready',
        capabilities: [...capabilities],
      })
    },
  )
  app.get(
    '/health/schema',
    {
      config,
      schema: { tags, response: { 200: schemaReportSchema, 404: problemSchema, 503: schemaReportSchema } },
    },
    async (_request, reply) => {
      // The gateway has no database: what is not there cannot drift.
      if (schema === undefined) throw runtimeErrors.unknown_path()
      const report = schema.report()
      return reply.code(report.status === 'verified' ? 200 : 503).send(report)
    },
  )
  app.get('/metrics', { config, schema: { tags } }, async (_request, reply) =>
    reply.header('content-type', metrics.contentType).send(await metrics.text()),
  )
}
