import type { ConnectionReason } from './connection-reason.ts'

/** Whom a security event speaks of. */
export type EventSubject =
  | {
      readonly kind: 'account'
      /** Google's `sub`. */
      readonly accountId: string
    }
  | {
      readonly kind: 'refresh_token'
      /** null for a way of naming tokens that nobody here knows. */
      readonly namedBy: 'prefix' | 'double_hash' | null
      readonly name: string
    }

/** What a security event of the provider means for grants. */
export interface SecurityEvent {
  /** The SET's own id: the same event may be delivered many times. */
  readonly eventId: string
  readonly subject: EventSubject
  readonly occurredAt: string
  /** Why the grants end; null when the event ends none (a verification, an account that is enabled again). */
  readonly reason: Extract<ConnectionReason, 'revoked_at_google' | 'account_disabled'> | null
}

/** A single token, named by its hash (OpenID OAuth Event Types 1.0). */
export const tokenRevoked = 'https://schemas.openid.net/secevent/oauth/event-type/token-revoked'

/** Google's event types (developers.google.com/identity/protocols/risc) that end access. A hijacked session or a changed
 * password says nothing about our tokens: Google revokes those in an event of its own. */
const endings: Readonly<Record<string, NonNullable<SecurityEvent['reason']>>> = {
  [tokenRevoked]: 'revoked_at_google',
  'https://schemas.openid.net/secevent/oauth/event-type/tokens-revoked': 'revoked_at_google',
  'https://schemas.openid.net/secevent/risc/event-type/account-purged': 'revoked_at_google',
  'https://schemas.openid.net/secevent/risc/event-type/account-disabled': 'account_disabled',
}

export function endingOf(eventType: string): SecurityEvent['reason'] {
  return Object.hasOwn(endings, eventType) ? (endings[eventType] ?? null) : null
}

/** Google's page says `hash_base64_sha512_sha512`, its own sample code `hash_SHA512_double`; both mean SHA-512 of SHA-512. */
export function namingOf(algorithm: string | undefined): 'prefix' | 'double_hash' | null {
  if (algorithm === 'prefix') return 'prefix'
  return algorithm === 'hash_base64_sha512_sha512' || algorithm === 'hash_SHA512_double'
    ? 'double_hash'
    : null
}
