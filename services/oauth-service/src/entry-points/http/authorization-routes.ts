import type { Clock } from '@evergrant/decider'
import { accessSchema, serviceSchema } from '@evergrant/event-contracts'
import { callerOf, type HttpApp, idempotencyKeyOf, metadataOf } from '@evergrant/service-runtime'
import { z } from 'zod'
import { readAuthorization } from '../../application/read-authorization.ts'
import {
  type RequestAuthorizationDeps,
  requestAuthorization,
} from '../../application/request-authorization.ts'

const requestBody = z.strictObject({
  services: z.array(serviceSchema).min(1).max(10),
  access: accessSchema.default('read'),
  returnTo: z.string().max(2048).optional(),
  loginHint: z.string().min(1).max(320).optional(),
})

const openedSchema = z.object({ id: z.uuid(), authorizationUrl: z.url(), expiresAt: z.string() })

const authorizationSchema = z.object({
  id: z.uuid(),
  status: z.enum(['pending', 'granted', 'denied', 'failed', 'expired']),
  services: z.array(serviceSchema),
  missingScopes: z.array(z.string()),
  reason: z.string().optional(),
  connections: z.array(z.uuid()).optional(),
})

/** What the application calls for its user. */
export function authorizationRoutes(
  app: HttpApp,
  deps: RequestAuthorizationDeps & { readonly clock: Clock },
): void {
  const tags = ['authorizations']
  app.post(
    '/v1/authorizations',
    {
      // `secret`: the answer holds a one-time ticket, so the runtime must not store it; the use case answers a repeated key.
      config: { access: 'user', secret: true },
      schema: { tags, body: requestBody, response: { 201: openedSchema } },
    },
    async (request, reply) => {
      const { services, access, returnTo = null, loginHint = null } = request.body
      const wish = { userId: callerOf(request).sub, services, access, returnTo, loginHint }
      const opened = await requestAuthorization(deps, wish, metadataOf(request), idempotencyKeyOf(request))
      return reply.code(201).header('location', `/v1/authorizations/${opened.id}`).send(opened)
    },
  )
  app.get(
    '/v1/authorizations/:id',
    {
      config: { access: 'user' },
      schema: { tags, params: z.object({ id: z.uuid() }), response: { 200: authorizationSchema } },
    },
    async (request) => {
      const query = { authorizationId: request.params.id, userId: callerOf(request).sub }
      const { connections, ...view } = await readAuthorization(deps, query)
      return {
        ...view,
        services: [...view.services],
        missingScopes: [...view.missingScopes],
        ...(connections === undefined ? {} : { connections: [...connections] }),
      }
    },
  )
}
