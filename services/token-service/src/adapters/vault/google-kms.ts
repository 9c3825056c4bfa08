import { type BreakerMetrics, createBreaker } from '@evergrant/service-runtime'
import { z } from 'zod'
import { tokenErrors } from '../../domain/errors.ts'
import { crc32c } from './crc32c.ts'
import type { KeyEncryption } from './key-encryption.ts'

const deadlineMs = 5_000
/** Google may take hours until every one of its machines knows a new primary; minutes on our side add nothing. */
const primaryFreshMs = 5 * 60 * 1000

const primarySchema = z.object({ primary: z.object({ name: z.string().min(1) }) })
const encryptedSchema = z.object({
  name: z.string(),
  ciphertext: z.string().min(1),
  verifiedPlaintextCrc32c: z.boolean(),
  verifiedAdditionalAuthenticatedDataCrc32c: z.boolean(),
})
const decryptedSchema = z.object({ plaintext: z.string(), plaintextCrc32c: z.string() })

export interface GoogleKmsOptions {
  /** `projects/…/locations/…/keyRings/…/cryptoKeys/…`. */
  readonly key: string
  readonly apiUrl: string
  /** A bearer token with the scope cloudkms. */
  readonly accessToken: () => Promise<string>
  readonly elapsedMs: () => number
  readonly metrics?: BreakerMetrics
}

/** Carries KMS's refusal of our ciphertext past the breaker: a damaged row is no illness of Google's. */
class RefusedCiphertext extends Error {}

/** Google Cloud KMS by its REST API. The key never leaves it; rotation of the primary version happens there. */
export function createGoogleKms(options: GoogleKmsOptions): KeyEncryption {
  const { key } = options
  const breaker = createBreaker({
    name: 'google.kms',
    timeoutMs: deadlineMs,
    isFailure: (error) => !(error instanceof RefusedCiphertext),
    ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
  })
  let primary: { readonly keyId: string; readonly until: number } | undefined

  const ask = async (path: string, body?: Readonly<Record<string, string>>): Promise<unknown> => {
    try {
      return await breaker.run(async (signal) => {
        const response = await fetch(new URL(`/v1/${path}`, options.apiUrl), {
          method: body === undefined ? 'GET' : 'POST',
          headers: {
            authorization: `Bearer ${await options.accessToken()}`,
            'content-type': 'application/json',
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal,
        })
        if (response.status === 400 && path.endsWith(':decrypt')) throw new RefusedCiphertext()
        if (!response.ok) throw new Error(`Cloud KMS answered ${response.status}`)
        return await response.json()
      })
    } catch (cause) {
      if (cause instanceof RefusedCiphertext) throw unreadable('refused by the KMS')
      throw tokenErrors.vault_keys_unavailable({ retryAfterSeconds: 5, cause })
    }
  }

  const currentKeyId = async (): Promise<string> => {
    if (primary && primary.until > options.elapsedMs()) return primary.keyId
    const { name } = primarySchema.parse(await ask(key)).primary
    primary = { keyId: name, until: options.elapsedMs() + primaryFreshMs }
    return name
  }

  return {
    currentKeyId,
    keyIds: async () => [],
    addKey: async () => null,
    retire: async () => {
      throw tokenErrors.vault_key_not_found()
    },
    wrap: async (dataKey, context) => {
      const aad = Buffer.from(context, 'utf8')
      // The version by name: the primary that Google picks may lag behind the one we were told.
      const answer = encryptedSchema.parse(
        await ask(`${await currentKeyId()}:encrypt`, {
          plaintext: dataKey.toString('base64'),
          plaintextCrc32c: String(crc32c(dataKey)),
          additionalAuthenticatedData: aad.toString('base64'),
          additionalAuthenticatedDataCrc32c: String(crc32c(aad)),
        }),
      )
      if (!answer.verifiedPlaintextCrc32c || !answer.verifiedAdditionalAuthenticatedDataCrc32c) {
        throw tokenErrors.vault_keys_unavailable({ detail: { problem: 'request damaged on the way' } })
      }
      return { keyId: answer.name, wrapped: answer.ciphertext }
    },
    unwrap: async ({ keyId, wrapped }, context) => {
      if (!keyId.startsWith(`${key}/`)) throw unreadable('wrapped by another key')
      const aad = Buffer.from(context, 'utf8')
      const answer = decryptedSchema.parse(
        await ask(`${key}:decrypt`, {
          ciphertext: wrapped,
          additionalAuthenticatedData: aad.toString('base64'),
          additionalAuthenticatedDataCrc32c: String(crc32c(aad)),
        }),
      )
      const dataKey = Buffer.from(answer.plaintext, 'base64')
      if (String(crc32c(dataKey)) !== answer.plaintextCrc32c) {
        throw tokenErrors.vault_keys_unavailable({ detail: { problem: 'answer damaged on the way' } })
      }
      return dataKey
    },
  }
}

function unreadable(problem: string) {
  return tokenErrors.tokens_not_readable({ detail: { problem } })
}
