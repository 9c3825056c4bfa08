import { callerOf, type HttpApp, metadataOf } from '@evergrant/service-runtime'
import { z } from 'zod'
import { type VendDeps, vendAccessToken } from '../../application/vend-access-token.ts'
import { vendRequestSchema } from '../vend-request.ts'

const tokenSchema = z.object({
  accessToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresAt: z.string(),
  scopes: z.array(z.string()),
  generation: z.number().int(),
})

export function accessTokenRoutes(app: HttpApp, deps: VendDeps): void {
  app.post(
    '/v1/connections/:id/access-token',
    {
      config: {
        access: 'tokens:read',
        limit: 'reads',
        secret: true,
        audited: true,
        capability: 'token.read',
      },
      schema: {
        tags: ['connections'],
        params: z.strictObject({ id: z.uuid() }),
        body: vendRequestSchema.optional(),
        response: { 200: tokenSchema },
      },
    },
    async (request) => {
      const wish = request.body ?? vendRequestSchema.parse({})
      const token = await vendAccessToken(deps, {
        ...wish,
        connectionId: request.params.id,
        caller: callerOf(request).sub,
        metadata: metadataOf(request),
      })
      return { ...token, scopes: [...token.scopes] }
    },
  )
}
