import { randomBytes, randomUUID } from 'node:crypto'
import { tokenErrors } from '../../domain/errors.ts'
import { open, seal } from './aes-gcm.ts'
import type { KeyEncryption } from './key-encryption.ts'
import { type Ring, readRing, stampOf, writeRing } from './key-ring-file.ts'

/*
 * Replicas share the file and find each other's changes by themselves: before wrapping they look whether it changed, and a
 * data key wrapped by a key they never heard of makes them read it again. So a new key is in use everywhere from the
 * moment the file names it, and no replica goes on wrapping with the old one.
 */

/** Reads the ring; old keys stay in it until nothing is wrapped by them any more.
 * @throws DomainError `key_ring_unreadable`; a damaged file is never written to. */
export async function loadKeyRing(file: string): Promise<KeyEncryption> {
  let stamp = await stampOf(file)
  let ring = await readRing(file)

  /** A file that became unreadable meanwhile does not take away the keys we have. */
  const lookAgain = async () => {
    const seen = await stampOf(file)
    if (seen === undefined || seen === stamp) return
    const changed = await readRing(file).catch(() => undefined)
    if (changed === undefined) return
    ring = changed
    stamp = seen
  }
  const keyOf = (keyId: string): Buffer | undefined => {
    const key = ring.keys[keyId]
    return key === undefined ? undefined : Buffer.from(key, 'base64url')
  }
  /** From the file, not from memory: another replica may have changed it. */
  const change = async (to: (ring: Ring) => Ring) => {
    const changed = to(await readRing(file))
    await writeRing(file, changed)
    ring = changed
    stamp = await stampOf(file)
  }

  return {
    currentKeyId: async () => {
      await lookAgain()
      return ring.current
    },
    keyIds: async () => {
      await lookAgain()
      return Object.keys(ring.keys)
    },
    wrap: async (dataKey, context) => {
      await lookAgain()
      const keyId = ring.current
      return { keyId, wrapped: seal(known(keyOf(keyId), keyId), dataKey, bound(context, keyId)) }
    },
    unwrap: async ({ keyId, wrapped }, context) => {
      if (keyOf(keyId) === undefined) await lookAgain()
      return open(known(keyOf(keyId), keyId), wrapped, bound(context, keyId))
    },
    addKey: async () => {
      const keyId = randomUUID()
      const key = randomBytes(32).toString('base64url')
      await change((before) => ({ ...before, current: keyId, keys: { ...before.keys, [keyId]: key } }))
      return keyId
    },
    retire: (keyId) =>
      change((before) => {
        const { [keyId]: key, ...keys } = before.keys
        if (key === undefined) throw tokenErrors.vault_key_not_found()
        if (keyId === before.current) throw tokenErrors.vault_key_in_use()
        return { ...before, keys, retired: { ...before.retired, [keyId]: key } }
      }),
  }
}

function known(key: Buffer | undefined, keyId: string): Buffer {
  if (key) return key
  throw tokenErrors.tokens_not_readable({ detail: { keyId, problem: 'key not in the ring' } })
}

function bound(context: string, keyId: string): string {
  return JSON.stringify(['evergrant/data-key/v1', context, keyId])
}
