import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { SecretBox, SecretPlace } from '../../application/ports.ts'
import { oauthErrors } from '../../domain/errors.ts'

const algorithm = 'aes-256-gcm'
const formatVersion = 1
const nonceLength = 12
const tagLength = 16

/** AES-256-GCM: format version, nonce, tag, ciphertext; base64url. The place is authenticated, so a row cannot be swapped. */
export function createSecretBox(key: Uint8Array): SecretBox {
  return {
    seal: (secret, place) => {
      const nonce = randomBytes(nonceLength)
      const cipher = createCipheriv(algorithm, key, nonce).setAAD(aad(place))
      const ciphertext = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(formatVersion), nonce, cipher.getAuthTag(), ciphertext]).toString(
        'base64url',
      )
    },
    open: (sealed, place) => {
      try {
        const bytes = Buffer.from(sealed, 'base64url')
        if (bytes[0] !== formatVersion) throw oauthErrors.secrets_unreadable()
        const tagStart = 1 + nonceLength
        const decipher = createDecipheriv(algorithm, key, bytes.subarray(1, tagStart), {
          authTagLength: tagLength,
        })
          .setAAD(aad(place))
          .setAuthTag(bytes.subarray(tagStart, tagStart + tagLength))
        const ciphertext = bytes.subarray(tagStart + tagLength)
        return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw oauthErrors.secrets_unreadable({ cause })
      }
    },
  }
}

function aad({ authorizationId, field }: SecretPlace): Buffer {
  return Buffer.from(JSON.stringify(['authorization', authorizationId, field]))
}
