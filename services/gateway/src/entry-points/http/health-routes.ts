import type { HttpApp } from '@evergrant/service-runtime'
import { z } from 'zod'
import type { SystemHealth } from '../../application/system-health.ts'

const capabilitySchema = z.object({
  name: z.string(),
  status: z.enum(['ok', 'degraded', 'unavailable']),
  reason: z.string().optional(),
  description: z.string().optional(),
  since: z.string(),
})

const systemHealthSchema = z.object({
  status: z.enum(['ready', 'not_ready']),
  services: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['ready', 'not_ready']),
      replicas: z.array(
        z.object({
          replica: z.number(),
          status: z.enum(['ready', 'not_ready', 'unreachable']),
          instanceId: z.string().optional(),
          capabilities: z.array(capabilitySchema),
        }),
      ),
    }),
  ),
})

/** GET /health: 200 once, and only while, every replica of every service is ready. */
export function healthRoutes(app: HttpApp, systemHealth: () => Promise<SystemHealth>): void {
  app.get(
    '/health',
    {
      config: { access: 'public', limit: 'none' },
      schema: { tags: ['operations'], response: { 200: systemHealthSchema, 503: systemHealthSchema } },
    },
    async (_request, reply) => {
      const health = await systemHealth()
      return reply
        .code(health.status === 'ready' ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(health)
    },
  )
}
