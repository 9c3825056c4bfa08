import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose'
import { runtimeErrors } from '../errors.ts'

/** Who is calling: `sub` is the user id. */
export interface Caller {
  readonly sub: string
  readonly scopes: readonly string[]
}

export interface AuthenticatorOptions {
  readonly issuer: string
  readonly audience: string
  readonly jwksUri: string
}

/** Turns an `Authorization` header into a caller. */
export interface Authenticator {
  /** @throws DomainError `authentication_required`, `invalid_token`, `token_expired`; `identity_provider_unavailable` when
   * the keys cannot be read, because then nobody knows whether the token is good. */
  authenticate(authorization?: string): Promise<Caller>
}

/** Asymmetric only: a JWKS is public, so with HS256 anyone could sign (RFC 8725, 3.2). */
const algorithms = ['RS256', 'ES256', 'EdDSA']
const clockToleranceSeconds = 30

/** Verifies JWTs against a remote key set, which is cached for ten minutes and asked again at most every 30 s. */
export function createAuthenticator({ issuer, audience, jwksUri }: AuthenticatorOptions): Authenticator {
  const keys = createRemoteJWKSet(new URL(jwksUri), {
    timeoutDuration: 3_000,
    cooldownDuration: 30_000,
    cacheMaxAge: 600_000,
  })
  return {
    authenticate: async (authorization) => {
      const jwt = bearerToken(authorization)
      try {
        const { payload } = await jwtVerify(jwt, keys, {
          issuer,
          audience,
          algorithms,
          clockTolerance: clockToleranceSeconds,
          requiredClaims: ['exp', 'sub'],
        })
        return callerFrom(payload)
      } catch (error) {
        throw refusalFor(error)
      }
    },
  }
}

function bearerToken(authorization: string | undefined): string {
  if (!authorization) throw runtimeErrors.authentication_required()
  const match = /^Bearer +([\w.~+/-]+=*) *$/i.exec(authorization)
  if (!match?.[1])
    throw runtimeErrors.invalid_token({ message: 'The Authorization header is not a bearer token.' })
  return match[1]
}

function callerFrom(payload: JWTPayload): Caller {
  if (!payload.sub) throw runtimeErrors.invalid_token({ message: 'The bearer token names no subject.' })
  const scopes = typeof payload.scope === 'string' ? payload.scope.split(' ').filter(Boolean) : []
  return { sub: payload.sub, scopes }
}

const aboutTheToken = [
  errors.JWTClaimValidationFailed,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
]

function refusalFor(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return runtimeErrors.token_expired({ cause: error })
  if (aboutTheToken.some((kind) => error instanceof kind))
    return runtimeErrors.invalid_token({ cause: error })
  const aboutTheKeys =
    error instanceof errors.JOSEError || (error instanceof TypeError && error.message === 'fetch failed')
  // A caller with a good token must not be told that it is bad because we could not look.
  return aboutTheKeys
    ? runtimeErrors.identity_provider_unavailable({ cause: error, retryAfterSeconds: 5 })
    : error
}
