import { type Clock, DomainError } from '@evergrant/decider'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import { systemClock } from '../clock-and-ids.ts'
import { runtimeErrors } from '../errors.ts'
import type { Caller } from './caller.ts'
import { createVerifiedTokens } from './verified-tokens.ts'

export interface AuthenticatorOptions {
  readonly issuer: string
  readonly audience: string
  readonly jwksUri: string
  readonly clock?: Clock
  /** How long keys are used before they are read again; ten minutes unless told. */
  readonly keysMaxAgeMs?: number
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
/** How long keys are trusted that cannot be read again; also how long a key the issuer withdrew could live on. */
const oldKeysMs = 3_600_000

/** Verifies JWTs against a remote key set: cached for ten minutes, asked for an unknown key at most every 30 s. While the
 * issuer is away, keys that were good within the last hour stay good, so that its outage does not become ours. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { issuer, audience, jwksUri, clock = systemClock } = options
  const keys = createRemoteJWKSet(new URL(jwksUri), {
    timeoutDuration: 3_000,
    cooldownDuration: 30_000,
    cacheMaxAge: options.keysMaxAgeMs ?? 600_000,
  })
  const verified = createVerifiedTokens(clock)
  let lastGoodAt = 0
  const verify = async (jwt: string, getKey: JWTVerifyGetKey): Promise<Caller> => {
    const { payload } = await jwtVerify(jwt, getKey, {
      issuer,
      audience,
      algorithms,
      clockTolerance: clockToleranceSeconds,
      currentDate: clock.now(),
      requiredClaims: ['exp', 'sub'],
    })
    const caller = callerFrom(payload)
    verified.keep(jwt, caller, ((payload.exp ?? 0) + clockToleranceSeconds) * 1000)
    return caller
  }
  const remote: JWTVerifyGetKey = async (header, token) => {
    const key = await keys(header, token)
    lastGoodAt = clock.now().getTime()
    return key
  }
  const verifyWithOldKeys = async (jwt: string, failure: unknown): Promise<Caller> => {
    const known = keys.jwks()
    const tooOld = clock.now().getTime() - lastGoodAt > oldKeysMs
    if (!known || tooOld) throw failure
    return verify(jwt, createLocalJWKSet(known))
  }
  return {
    authenticate: async (authorization) => {
      const jwt = bearerToken(authorization)
      const known = verified.get(jwt)
      if (known) return known
      try {
        return await verify(jwt, remote).catch((error) => {
          if (isAboutTheToken(error) || error instanceof DomainError) throw error
          return verifyWithOldKeys(jwt, error)
        })
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
  const isTheirs = payload.email_verified === true && typeof payload.email === 'string'
  return { sub: payload.sub, scopes, ...(isTheirs ? { email: payload.email as string } : {}) }
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

function isAboutTheToken(error: unknown): boolean {
  return error instanceof errors.JWTExpired || aboutTheToken.some((kind) => error instanceof kind)
}

function refusalFor(error: unknown): unknown {
  if (error instanceof DomainError) return error
  if (error instanceof errors.JWTExpired) return runtimeErrors.token_expired({ cause: error })
  if (isAboutTheToken(error)) return runtimeErrors.invalid_token({ cause: error })
  // A caller with a good token must not be told that it is bad because we could not look.
  return runtimeErrors.identity_provider_unavailable({ cause: error, retryAfterSeconds: 5 })
}
