import { accessSchema, accountSchema, actionSchema, serviceSchema } from '@evergrant/event-contracts'
import { callerOf, type HttpApp, idempotencyKeyOf, metadataOf } from '@evergrant/service-runtime'
import { z } from 'zod'
import {
  type AuthorizationAnswer,
  type ReadAuthorizationDeps,
  readAuthorization,
} from '../../application/read-authorization.ts'
import {
  type RequestAuthorizationDeps,
  requestAuthorization,
} from '../../application/request-authorization.ts'

const requestBody = z.strictObject({
  services: z.array(serviceSchema).min(1).max(10),
  access: accessSchema.default('read'),
  returnTo: z.string().max(2048).optional(),
  loginHint: z.string().min(1).max(320).optional(),
  connectionId: z
    .uuid()
    .optional()
    .describe('The connection to repair or extend: its account is suggested, and another one is told apart.'),
})

const openedSchema = z.object({ id: z.uuid(), authorizationUrl: z.url(), expiresAt: z.string() })

const incompleteSchema = z.object({
  service: serviceSchema,
  connectionId: z.uuid(),
  missingScopes: z.array(z.string()),
  action: actionSchema.describe('Works in the browser that was at Google, for a day at most.'),
})

const authorizationSchema = z.object({
  id: z.uuid(),
  status: z.enum(['pending', 'granted', 'denied', 'failed', 'expired']),
  services: z.array(serviceSchema),
  missingScopes: z.array(z.string()),
  reason: z.string().optional(),
  account: accountSchema.optional(),
  connections: z.array(z.uuid()).optional(),
  incomplete: z.array(incompleteSchema).optional().describe('The services that lack something.'),
  action: actionSchema.optional().describe('What one click would still do.'),
})

/** What the application calls for its user. */
export function authorizationRoutes(
  app: HttpApp,
  deps: RequestAuthorizationDeps & ReadAuthorizationDeps,
): void {
  const tags = ['authorizations']
  app.post(
    '/v1/authorizations',
    {
      // `secret`: the answer holds a one-time ticket, so the runtime must not store it; the use case answers a repeated key.
      config: { access: 'user', secret: true, capability: 'connect' },
      schema: { tags, body: requestBody, response: { 201: openedSchema } },
    },
    async (request, reply) => {
      const { services, access, returnTo = null, loginHint = null, connectionId = null } = request.body
      const wish = { userId: callerOf(request).sub, services, access, returnTo, loginHint, connectionId }
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
      return toJson(await readAuthorization(deps, query))
    },
  )
}

function toJson({ view, next }: AuthorizationAnswer): z.input<typeof authorizationSchema> {
  const { services, missingScopes, connections, incomplete, ...rest } = view
  return {
    ...rest,
    services: [...services],
    missingScopes: [...missingScopes],
    ...(connections && { connections: [...connections] }),
    ...(incomplete && {
      incomplete: incomplete.map(({ service, connectionId, missingScopes }) => ({
        service,
        connectionId,
        missingScopes: [...missingScopes],
        action: actionFor('grant_scopes', next?.urlFor(service)),
      })),
    }),
    ...(next && { action: actionFor(next.kind, next.urlFor()) }),
  }
}

const descriptions = {
  grant_scopes: 'Grant the missing access in one more consent.',
  reconnect: 'Connect the Google account again.',
  try_again: 'Try again.',
} as const

function actionFor(kind: keyof typeof descriptions, url: string | undefined) {
  return { kind, description: descriptions[kind], ...(url === undefined ? {} : { url }) }
}
