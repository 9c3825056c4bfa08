import { readFile } from 'node:fs/promises'
import { compactDecrypt, importJWK } from 'jose'
import { z } from 'zod'
import { tokenErrors } from '../../domain/errors.ts'

const tokensSchema = z.object({
  accessToken: z.string().min(1),
  refreshToken: z.string().min(1).nullable(),
})

const envelopeHeaderSchema = z.object({ authorizationId: z.string(), grantId: z.string() })

const jwkSchema = z.looseObject({ kty: z.literal('EC'), crv: z.literal('P-256'), d: z.string() })

export interface EnvelopeSubject {
  readonly authorizationId: string
  readonly grantId: string
}

/** Opens what oauth-service sealed to this service's key. */
export type OpenSealedTokens = (
  sealed: string,
  subject: EnvelopeSubject,
) => Promise<z.infer<typeof tokensSchema>>

/** Reads the private key (JWK, EC P-256).
 * @throws DomainError `sealing_key_unreadable` at start; later `sealed_tokens_rejected` for an envelope that is not for
 * us, was changed, or was moved to another grant. */
export async function loadSealedTokens(file: string): Promise<OpenSealedTokens> {
  const key = await privateKeyFrom(file)
  return async (sealed, subject) => {
    try {
      const { plaintext, protectedHeader } = await compactDecrypt(sealed, key, {
        keyManagementAlgorithms: ['ECDH-ES+A256KW'],
        contentEncryptionAlgorithms: ['A256GCM'],
      })
      // The header is authenticated with the content: an envelope cannot be carried over to another grant.
      const header = envelopeHeaderSchema.parse(protectedHeader.evg)
      if (header.grantId !== subject.grantId || header.authorizationId !== subject.authorizationId) {
        throw tokenErrors.sealed_tokens_rejected({
          detail: { ...subject, problem: 'sealed for something else' },
        })
      }
      return tokensSchema.parse(JSON.parse(new TextDecoder().decode(plaintext)))
    } catch {
      // Without the cause: a parser's message may quote what it could not read.
      throw tokenErrors.sealed_tokens_rejected({ detail: { ...subject } })
    }
  }
}

async function privateKeyFrom(file: string) {
  try {
    const jwk = jwkSchema.parse(JSON.parse(await readFile(file, 'utf8')))
    return await importJWK({ ...jwk }, 'ECDH-ES+A256KW')
  } catch {
    throw tokenErrors.sealing_key_unreadable({ detail: { file } })
  }
}
