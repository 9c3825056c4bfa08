import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose'
import { z } from 'zod'
import { tokenErrors } from '../../domain/errors.ts'
import {
  type EventSubject,
  endingOf,
  namingOf,
  type SecurityEvent,
  tokenRevoked,
} from '../../domain/security-event.ts'

const deadlineMs = 5_000
const configurationSchema = z.object({ issuer: z.string(), jwks_uri: z.url() })
const eventSchema = z.object({
  subject: z
    .object({
      subject_type: z.string(),
      iss: z.string().optional(),
      sub: z.string().optional(),
      token_type: z.string().optional(),
      token_identifier_alg: z.string().optional(),
      token: z.string().max(1_000).optional(),
    })
    .optional(),
})
const claimsSchema = z.object({
  jti: z.string().min(1).max(200),
  iat: z.number(),
  toe: z.number().optional(),
  events: z.record(z.string(), eventSchema),
})

/** Reads security event tokens (RFC 8417) as Google's Cross-Account Protection sends them. They have no expiry on
 * purpose; the signature, the issuer and our client id as audience are what counts.
 * @throws DomainError `security_event_rejected` with the error word of RFC 8935 2.4; `google_unavailable` when
 * the keys cannot be read, so that the sender tries again. */
export function createSecurityEventTokens(options: {
  readonly configurationUrl: string
  readonly clientId: string
}): (token: string) => Promise<readonly SecurityEvent[]> {
  let known: ReturnType<typeof readConfiguration> | undefined
  const configuration = () => {
    known ??= readConfiguration(options.configurationUrl).catch((cause: unknown) => {
      known = undefined
      throw tokenErrors.google_unavailable({ cause, retryAfterSeconds: 60 })
    })
    return known
  }
  return async (token) => {
    const { issuer, keys } = await configuration()
    const { payload } = await jwtVerify(token, keys, {
      issuer: [issuer, `${issuer}/`],
      audience: options.clientId,
      algorithms: ['RS256'],
    }).catch((cause: unknown) => {
      throw refusalOf(cause)
    })
    return eventsOf(payload, issuer)
  }
}

async function readConfiguration(url: string) {
  const response = await fetch(url, { signal: AbortSignal.timeout(deadlineMs) })
  if (!response.ok) throw new Error(`the security event configuration answered ${response.status}`)
  const { issuer, jwks_uri } = configurationSchema.parse(await response.json())
  const keys = createRemoteJWKSet(new URL(jwks_uri), { timeoutDuration: deadlineMs })
  return { issuer: withoutSlash(issuer), keys }
}

function eventsOf(payload: JWTPayload, issuer: string): SecurityEvent[] {
  const claims = claimsSchema.safeParse(payload)
  if (!claims.success) throw rejected('invalid_request', claims.error)
  const { jti, iat, toe, events } = claims.data
  const occurredAt = new Date((toe ?? iat) * 1000).toISOString()
  return Object.entries(events).flatMap(([type, event]) => {
    const subject = type === tokenRevoked ? tokenOf(event) : accountOf(event, issuer)
    return subject === undefined ? [] : { eventId: jti, subject, occurredAt, reason: endingOf(type) }
  })
}

type EventClaims = z.infer<typeof eventSchema>

function accountOf({ subject }: EventClaims, issuer: string): EventSubject | undefined {
  const accountId = subject?.sub
  if (accountId === undefined || withoutSlash(subject?.iss ?? '') !== issuer) return undefined
  return { kind: 'account', accountId }
}

/** An access token lives for an hour and is no grant: only refresh tokens are looked for. */
function tokenOf({ subject }: EventClaims): EventSubject {
  const { token_type: type, token = '', token_identifier_alg: algorithm } = subject ?? {}
  return {
    kind: 'refresh_token',
    namedBy: type === 'refresh_token' ? namingOf(algorithm) : null,
    name: token,
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '')
}

function refusalOf(cause: unknown): Error {
  if (cause instanceof errors.JWTClaimValidationFailed) {
    if (cause.claim === 'iss') return rejected('invalid_issuer', cause)
    return rejected(cause.claim === 'aud' ? 'invalid_audience' : 'invalid_request', cause)
  }
  if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWSSignatureVerificationFailed) {
    return rejected('invalid_key', cause)
  }
  if (cause instanceof errors.JWKSTimeout || cause instanceof errors.JWKSInvalid) {
    return tokenErrors.google_unavailable({ cause, retryAfterSeconds: 60 })
  }
  return cause instanceof errors.JOSEError && cause.code !== 'ERR_JOSE_GENERIC'
    ? rejected('invalid_request', cause)
    : tokenErrors.google_unavailable({ cause, retryAfterSeconds: 60 })
}

/** @param err the word of RFC 8935, which senders read. */
function rejected(err: string, cause: unknown): Error {
  return tokenErrors.security_event_rejected({ cause, extensions: { err } })
}
