import { CompactEncrypt, calculateJwkThumbprint, importJWK, type JWK } from 'jose'
import type { TokenSeal } from '../../application/ports.ts'
import { oauthErrors } from '../../domain/errors.ts'

const algorithm = 'ECDH-ES+A256KW'

/** Seals to token-service's public key (JWE). The protected header `evg` names authorization and grant, so token-service
 * notices tokens that were moved into another event.
 * @throws DomainError `sealing_key_invalid`. */
export async function createTokenSeal(options: {
  readonly publicKey: string
  readonly clientId: string
}): Promise<TokenSeal> {
  const jwk = readPublicJwk(options.publicKey)
  const key = await importJWK(jwk, algorithm).catch((cause: unknown) => {
    throw oauthErrors.sealing_key_invalid({ cause })
  })
  return {
    keyThumbprint: await calculateJwkThumbprint(jwk),
    seal: ({ accessToken, refreshToken, tokenType, receivedAt }, { authorizationId, grantId, issuer }) => {
      const { clientId } = options
      const plaintext = { accessToken, refreshToken, tokenType, issuer, clientId, receivedAt }
      return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(plaintext)))
        .setProtectedHeader({
          alg: algorithm,
          enc: 'A256GCM',
          ...(jwk.kid === undefined ? {} : { kid: jwk.kid }),
          evg: { authorizationId, grantId },
        })
        .encrypt(key)
    },
  }
}

function readPublicJwk(text: string): JWK {
  let jwk: JWK
  try {
    jwk = JSON.parse(text) as JWK
  } catch {
    // Without the cause: a parser's message quotes what it was given.
    throw oauthErrors.sealing_key_invalid()
  }
  const isPublicP256 = jwk?.kty === 'EC' && jwk.crv === 'P-256' && jwk.d === undefined
  if (!isPublicP256) throw oauthErrors.sealing_key_invalid()
  return jwk
}
