import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { tokenErrors } from '../../domain/errors.ts'
import { open, seal } from './aes-gcm.ts'

/** Wraps data keys. The local key ring by default; a KMS fits the same shape. */
export interface KeyEncryption {
  wrap(dataKey: Buffer, context: string): Promise<{ readonly keyId: string; readonly wrapped: string }>
  /** @throws DomainError `tokens_not_readable` for an unknown key or another context. */
  unwrap(wrapped: { readonly keyId: string; readonly wrapped: string }, context: string): Promise<Buffer>
}

const keySchema = z.string().regex(/^[\w-]{43}=?$/)
const ringSchema = z.object({ current: z.string().min(1), keys: z.record(z.string(), keySchema) })

/** Reads the ring; old keys stay in it until nothing is wrapped by them any more.
 * @throws DomainError `key_ring_unreadable`; the file is never written to. */
export async function loadKeyRing(file: string): Promise<KeyEncryption> {
  let ring: z.infer<typeof ringSchema>
  try {
    ring = ringSchema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    // The cause is left out on purpose: a parser quotes what it could not read, and that may be a key.
    throw tokenErrors.key_ring_unreadable({ detail: { file } })
  }
  const keys = new Map(Object.entries(ring.keys).map(([id, key]) => [id, Buffer.from(key, 'base64url')]))
  const current = keys.get(ring.current)
  if (!current) throw tokenErrors.key_ring_unreadable({ detail: { file, problem: 'no current key' } })

  return {
    wrap: async (dataKey, context) => ({
      keyId: ring.current,
      wrapped: seal(current, dataKey, bound(context, ring.current)),
    }),
    unwrap: async ({ keyId, wrapped }, context) => {
      const key = keys.get(keyId)
      if (!key) throw tokenErrors.tokens_not_readable({ detail: { keyId, problem: 'key not in the ring' } })
      return open(key, wrapped, bound(context, keyId))
    },
  }
}

function bound(context: string, keyId: string): string {
  return JSON.stringify(['evergrant/data-key/v1', context, keyId])
}
