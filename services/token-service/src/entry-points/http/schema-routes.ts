import type { HttpApp } from '@evergrant/service-runtime'
import { z } from 'zod'

/** Schema verification is not built into this version: the honest answer is that nothing is claimed. */
export function schemaRoutes(app: HttpApp): void {
  const reportSchema = z.object({
    service: z.string(),
    status: z.enum(['verified', 'drift', 'unverifiable']),
    manifestHash: z.string().nullable(),
    databaseHash: z.string().nullable(),
    lastVerifiedAt: z.string().nullable(),
    trigger: z.string().nullable(),
    findings: z.array(z.unknown()),
    capabilities: z.record(z.string(), z.enum(['ok', 'degraded', 'unavailable'])),
    explanation: z.string(),
  })
  app.get(
    '/v1/schema',
    {
      config: { access: 'admin' },
      schema: { tags: ['schema'], response: { 200: z.object({ items: z.array(reportSchema) }) } },
    },
    async () => ({
      items: [
        {
          service: 'token-service',
          status: 'unverifiable' as const,
          manifestHash: null,
          databaseHash: null,
          lastVerifiedAt: null,
          trigger: null,
          findings: [],
          capabilities: {},
          explanation: 'Schema verification is not built in yet, so nothing is claimed about the schema.',
        },
      ],
    }),
  )
}
