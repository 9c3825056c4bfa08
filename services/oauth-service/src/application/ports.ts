import type { Account } from '@evergrant/event-contracts'
import type { UnitOfWork } from '@evergrant/event-store'
import type { GrantOfUser } from '../domain/grants-of-user.ts'

/** Fresh random secrets, and the only form of them that is stored. */
export interface OneTimeSecrets {
  /** 256 bits from the system's random source, base64url: also a valid PKCE verifier (RFC 7636 4.1). */
  create(): string
  /** The ticket of an authorization's link: derived, so that a repeated request can be answered again without storing it.
   * `begin_again` is for the second way to Google; `another` opens a further authorization for what this one left open. */
  ticketOf(authorizationId: string, link?: 'begin' | 'begin_again' | 'another'): string
  /** SHA-256, base64url. Enough for 256 random bits: there is nothing to guess. */
  fingerprint(secret: string): string
}

/** Where a ciphertext belongs; it opens nowhere else. */
export interface SecretPlace {
  readonly authorizationId: string
  readonly field: 'verifier' | 'nonce'
}

/** Keeps what must be read again, encrypted. */
export interface SecretBox {
  seal(secret: string, place: SecretPlace): string
  /** @throws DomainError `secrets_unreadable` when it was changed, moved, or sealed with another key. */
  open(sealed: string, place: SecretPlace): string
}

/** What one opened link leaves behind until Google's answer comes. */
interface BrowserBinding {
  readonly browserFingerprint: string
  readonly stateFingerprint: string
  readonly sealedVerifier: string
  readonly sealedNonce: string
  readonly expiresAt: Date
}

/** The single-use half of an authorization: ticket, state, verifier, nonce. Each is taken at most once, atomically. */
export interface AuthorizationSecrets {
  keepTicket(
    unit: UnitOfWork,
    ticket: { readonly authorizationId: string; readonly fingerprint: string; readonly expiresAt: Date },
  ): Promise<void>
  /** Replaces a used ticket by a new one; whatever the old one led to works no more. */
  renewTicket(
    unit: UnitOfWork,
    ticket: { readonly authorizationId: string; readonly fingerprint: string; readonly expiresAt: Date },
  ): Promise<void>
  /** Whether this ticket was ever issued for this authorization, used or not. */
  knowsTicket(authorizationId: string, fingerprint: string): Promise<boolean>
  /** Uses up the ticket and keeps the binding; false when the ticket was used before. */
  redeemTicket(
    unit: UnitOfWork,
    ticket: { readonly authorizationId: string; readonly fingerprint: string; readonly now: Date },
    binding: BrowserBinding,
  ): Promise<boolean>
  /** The browser that opened the link last; undefined when none did, or when that is long ago. */
  findBrowser(authorizationId: string): Promise<string | undefined>
  findByState(
    stateFingerprint: string,
  ): Promise<{ readonly authorizationId: string; readonly browserFingerprint: string } | undefined>
  /** The latest ciphertext that is still kept. */
  newestSealedNonce(): Promise<{ readonly authorizationId: string; readonly sealedNonce: string } | undefined>
  /** Uses up the state; undefined when it was used before or its time is over. */
  redeemState(
    unit: UnitOfWork,
    state: { readonly fingerprint: string; readonly now: Date },
  ): Promise<{ readonly sealedVerifier: string; readonly sealedNonce: string } | undefined>
  /** Deletes what was never redeemed and is too old by now, and later the fingerprints as well. */
  sweep(now: Date): Promise<void>
}

/** What the browser is sent to Google with. */
export interface ConsentQuestion {
  readonly state: string
  readonly verifier: string
  readonly nonce: string
  readonly scopes: readonly string[]
  readonly loginHint: string | null
  /** Makes Google ask again, and thereby give a new refresh token. */
  readonly forceConsent: boolean
}

/** Google's answer as it stands in the callback's query, with what proves it is the answer to our question. */
export interface ConsentAnswer {
  readonly parameters: URLSearchParams
  readonly state: string
  readonly verifier: string
  readonly nonce: string
  /** What was asked for. */
  readonly scopes: readonly string[]
}

interface ReceivedTokens {
  readonly accessToken: string
  readonly refreshToken: string | null
  readonly tokenType: string
  readonly expiresAt: Date
  /** Google says so only in testing mode. */
  readonly refreshTokenExpiresAt: Date | null
  readonly receivedAt: Date
}

export type ConsentOutcome =
  | {
      readonly status: 'granted'
      readonly issuer: string
      readonly account: Account
      readonly grantedScopes: readonly string[]
      readonly tokens: ReceivedTokens
    }
  /** The `error` parameter, as it came. */
  | { readonly status: 'refused'; readonly error: string }

/** Google, as far as getting consent goes. */
export interface ConsentProvider {
  /** @throws DomainError `google_unavailable`, `google_client_not_configured`. */
  authorizationUrl(question: ConsentQuestion): Promise<string>
  /** Checks the answer and spends its code, once, without a retry: a code sent twice revokes what it gave (RFC 6749 4.1.2).
   * @throws DomainError `google_unavailable`, `google_client_not_configured`, `client_misconfigured`, `code_rejected`,
   * `id_token_invalid`, `issuer_mismatch`, `exchange_failed`. */
  complete(answer: ConsentAnswer): Promise<ConsentOutcome>
  /** Looks again, unless it did within the last seconds. */
  configuration(): Promise<ProviderConfiguration>
  /** What is known without waiting; looks again in the background. */
  standing(): 'ok' | 'not_configured' | 'not_read_yet' | 'unreachable'
}

/** `unknown` when Google did not say. */
export type ProbeVerdict = 'accepted' | 'refused' | 'unknown'

export interface ProviderConfiguration {
  readonly configured: boolean
  /** Of the two variables. */
  readonly missing: readonly string[]
  readonly issuer: string
  /** Enough of it to recognise it. */
  readonly clientId: string | null
  readonly redirectUri: string
  readonly discovery: {
    readonly reachable: boolean
    readonly lastReadAt: string | null
    readonly problem: string | null
  }
  /** Asked a moment ago; `unknown` while not configured or not reachable. */
  readonly client: ProbeVerdict
  readonly redirectUriRegistration: ProbeVerdict
  /** Google's clock minus ours, from its `Date` header; null before the first answer. */
  readonly clockSkewSeconds: number | null
}

/** Seals tokens so that only token-service can open them, and only as part of this authorization's event. */
export interface TokenSeal {
  /** RFC 7638, of the key that tokens are sealed to: token-service's own must be the same. */
  readonly keyThumbprint: string
  seal(
    tokens: ReceivedTokens,
    context: { readonly authorizationId: string; readonly grantId: string; readonly issuer: string },
  ): Promise<string>
}

/** What this service has heard of the grants that earlier authorizations led to. */
export interface KnownGrants {
  ofUser(userId: string): Promise<readonly GrantOfUser[]>
  /** Whether the refresh token that came last has an end: Google sets one while the application is in testing mode. */
  newestHasEnd(): Promise<boolean | null>
}

/** Authorizations whose time may be over. */
export interface DueAuthorizations {
  dueBefore(now: Date, limit: number): Promise<readonly string[]>
}

/** Which authorization an Idempotency-Key already led to. */
export interface RequestKeys {
  find(
    userId: string,
    key: string,
  ): Promise<{ readonly authorizationId: string; readonly fingerprint: string } | undefined>
  /** False when the key is taken. */
  claim(
    unit: UnitOfWork,
    claim: {
      readonly userId: string
      readonly key: string
      readonly fingerprint: string
      readonly authorizationId: string
      readonly now: Date
    },
  ): Promise<boolean>
}
