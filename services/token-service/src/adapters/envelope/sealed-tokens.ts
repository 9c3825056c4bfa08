import { readFile } from 'node:fs/promises'
import { compactDecrypt, importJWK } from 'jose'
import { z } from 'zod'
import { tokenErrors } from '../../domain/errors.ts'

const issuedSchema = z.object({
  accessToken: z.string().min(1),
  refreshToken: z.string().min(1).nullable(),
})

/** A table that was kept by hand may lack either. */
const adoptedSchema = issuedSchema.extend({ accessToken: z.string().min(1).nullable() })

const envelopeHeaderSchema = z.object({ authorizationId: z.string(), grantId: z.string() })

const jwkSchema = z.looseObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
})

export interface EnvelopeSubject {
  readonly authorizationId: string
  readonly grantId: string
}

/** Opens what oauth-service sealed to this service's key. */
export type OpenSealedTokens = (
  sealed: string,
  subject: EnvelopeSubject,
) => Promise<z.infer<typeof issuedSchema>>

export interface SealedTokens {
  readonly open: OpenSealedTokens
  /** The same for tokens of a table that is imported. */
  readonly openAdopted: (sealed: string, subject: EnvelopeSubject) => Promise<z.infer<typeof adoptedSchema>>
  /** What to seal to. */
  readonly publicKey: Readonly<Record<'kty' | 'crv' | 'x' | 'y' | 'alg', string>>
}

/** Reads the private key (JWK, EC P-256).
 * @throws DomainError `sealing_key_unreadable` at start; later `sealed_tokens_rejected` for an envelope that is not for
 * us, was changed, or was moved to another grant. */
export async function loadSealedTokens(file: string): Promise<SealedTokens> {
  const { key, publicKey } = await privateKeyFrom(file)
  const opener =
    <Schema extends z.ZodType>(schema: Schema) =>
    async (sealed: string, subject: EnvelopeSubject): Promise<z.infer<Schema>> => {
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
        return schema.parse(JSON.parse(new TextDecoder().decode(plaintext)))
      } catch {
        // Without the cause: a parser's message may quote what it could not read.
        throw tokenErrors.sealed_tokens_rejected({ detail: { ...subject } })
      }
    }
  return { open: opener(issuedSchema), openAdopted: opener(adoptedSchema), publicKey }
}

async function privateKeyFrom(file: string) {
  try {
    const jwk = jwkSchema.parse(JSON.parse(await readFile(file, 'utf8')))
    const { kty, crv, x, y } = jwk
    return {
      key: await importJWK({ ...jwk }, 'ECDH-ES+A256KW'),
      publicKey: { kty, crv, x, y, alg: 'ECDH-ES+A256KW' },
    }
  } catch {
    throw tokenErrors.sealing_key_unreadable({ detail: { file } })
  }
}
