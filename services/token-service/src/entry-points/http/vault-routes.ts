import { callerOf, type HttpApp } from '@evergrant/service-runtime'
import { z } from 'zod'
import type { KeyRotation, VaultKeys } from '../../application/ports.ts'

const rotationSchema = z.object({
  id: z.uuid(),
  targetKeyId: z.string(),
  startedBy: z.string(),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
  total: z.number().int(),
  rewrapped: z.number().int(),
  unreadable: z.number().int(),
})

const statusSchema = z.object({
  current: z.string(),
  keys: z.array(z.object({ keyId: z.string(), dataKeys: z.number().int(), current: z.boolean() })),
  rotation: rotationSchema.nullable(),
})

const tags = ['vault']

/** For operators: ids and numbers of keys, never a key. */
export function vaultRoutes(app: HttpApp, { vaultKeys }: { readonly vaultKeys: VaultKeys }): void {
  const status = async () => {
    const { current, keys, rotation } = await vaultKeys.status()
    return {
      current,
      keys: keys.map((key) => ({ ...key, current: key.keyId === current })),
      rotation: rotation === null ? null : viewOf(rotation),
    }
  }
  app.get(
    '/v1/vault/keys',
    {
      config: { access: 'admin', capability: 'vault.keys' },
      schema: { tags, response: { 200: statusSchema } },
    },
    status,
  )
  app.post(
    '/v1/vault/rotations',
    {
      config: { access: 'admin', idempotent: true, capability: 'vault.keys' },
      schema: {
        tags,
        body: z.strictObject({ newKey: z.boolean().default(true) }).optional(),
        response: { 202: rotationSchema },
      },
    },
    async (request, reply) => {
      const rotation = await vaultKeys.begin({
        newKey: request.body?.newKey ?? true,
        startedBy: callerOf(request).sub,
      })
      return reply.code(202).send(viewOf(rotation))
    },
  )
  app.delete(
    '/v1/vault/keys/:keyId',
    {
      config: { access: 'admin', capability: 'vault.keys' },
      schema: {
        tags,
        params: z.strictObject({ keyId: z.string().max(500) }),
        response: { 200: statusSchema },
      },
    },
    async (request) => {
      await vaultKeys.retire(request.params.keyId)
      return status()
    },
  )
}

function viewOf({ startedAt, finishedAt, ...rotation }: KeyRotation) {
  return {
    ...rotation,
    startedAt: new Date(startedAt).toISOString(),
    finishedAt: finishedAt === null ? null : new Date(finishedAt).toISOString(),
  }
}
