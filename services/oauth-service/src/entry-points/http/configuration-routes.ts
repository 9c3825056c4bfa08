import { requiredScopes, type Service } from '@evergrant/event-contracts'
import type { HttpApp } from '@evergrant/service-runtime'
import { z } from 'zod'
import { type CheckSetupDeps, checkSetup } from '../../application/check-setup.ts'

const scopesSchema = z.object({ read: z.array(z.string()), readwrite: z.array(z.string()) })

const checkSchema = z.object({
  name: z.string(),
  status: z.enum(['ok', 'warning', 'failed', 'unknown']),
  says: z.string(),
  remedy: z.string().optional(),
})

const configurationSchema = z.object({
  configured: z.boolean(),
  ready: z.boolean().describe('Nothing is known that would keep a first user from connecting.'),
  checks: z.array(checkSchema),
  issuer: z.string(),
  clientId: z.string().nullable().describe('Masked.'),
  redirectUri: z.string().describe('Must be registered at Google exactly like this.'),
  returnToOrigins: z.array(z.string()),
  scopes: z.object({ calendar: scopesSchema, drive: scopesSchema, gmail: scopesSchema }),
  discovery: z.object({
    reachable: z.boolean(),
    lastReadAt: z.string().nullable(),
    problem: z.string().nullable(),
  }),
  clockSkewSeconds: z.number().nullable().describe("Google's clock minus ours."),
})

/** Whether OAuth is set up so that a first user will succeed. */
export function configurationRoutes(
  app: HttpApp,
  deps: CheckSetupDeps & { readonly returnToOrigins: readonly string[] },
): void {
  app.get(
    '/v1/oauth/google/configuration',
    {
      config: { access: 'admin' },
      schema: { tags: ['configuration'], response: { 200: configurationSchema } },
    },
    async () => {
      const { configuration, checks, ready } = await checkSetup(deps)
      const { configured, issuer, clientId, redirectUri, discovery, clockSkewSeconds } = configuration
      return {
        configured,
        ready,
        checks: [...checks],
        issuer,
        clientId,
        redirectUri,
        discovery,
        clockSkewSeconds,
        returnToOrigins: [...deps.returnToOrigins],
        scopes: { calendar: scopesOf('calendar'), drive: scopesOf('drive'), gmail: scopesOf('gmail') },
      }
    },
  )
}

function scopesOf(service: Service) {
  return {
    read: [...requiredScopes(service, 'read')],
    readwrite: [...requiredScopes(service, 'readwrite')],
  }
}
