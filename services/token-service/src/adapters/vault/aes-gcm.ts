import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { tokenErrors } from '../../domain/errors.ts'

const nonceBytes = 12
const tagBytes = 16

/** AES-256-GCM: nonce, ciphertext and tag as base64url. `context` is authenticated, not stored: whoever opens must know it. */
export function seal(key: Buffer, secret: Buffer, context: string): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(context, 'utf8'))
  const ciphertext = Buffer.concat([cipher.update(secret), cipher.final()])
  return Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]).toString('base64url')
}

/** @throws DomainError `tokens_not_readable` when anything at all was changed: a bit, the length, the context. */
export function open(key: Buffer, sealed: string, context: string): Buffer {
  const bytes = Buffer.from(sealed, 'base64url')
  if (bytes.length < nonceBytes + tagBytes) {
    throw tokenErrors.tokens_not_readable({ detail: { problem: 'truncated' } })
  }
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  })
  decipher.setAAD(Buffer.from(context, 'utf8'))
  decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes))
  try {
    const secret = decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes))
    return Buffer.concat([secret, decipher.final()])
  } catch (cause) {
    throw tokenErrors.tokens_not_readable({ detail: { problem: 'not authentic' }, cause })
  }
}
