import type { Access, Account, Service } from '@evergrant/event-contracts'

/** What was asked for; stays the same for the whole life of an authorization. */
export interface AuthorizationRequest {
  readonly authorizationId: string
  readonly userId: string
  readonly services: readonly Service[]
  readonly access: Access
  /** Google's scope strings, identity scopes included. */
  readonly scopes: readonly string[]
  readonly returnTo: string | null
  readonly loginHint: string | null
  readonly requestedAt: string
  /** The grant this is meant to repair or extend; another account is welcome, but is said to be another. */
  readonly reconnects?: { readonly grantId: string; readonly email: string }
}

/** What Google gave; the tokens themselves are never part of a fact. */
export interface GrantReceived {
  readonly grantId: string
  readonly issuer: string
  readonly account: Account
  readonly grantedScopes: readonly string[]
  readonly missingScopes: readonly string[]
  readonly refreshTokenIncluded: boolean
  /** When the access token ends. */
  readonly tokensExpireAt: string
  /** When the refresh token ends; Google says so while the application is in testing mode (seven days). */
  readonly refreshTokenExpiresAt?: string
  /** No refresh token came and none is known that covers what was granted: access ends with the access token. */
  readonly refreshTokenMissing?: true
}

export type AuthorizationFact =
  | {
      readonly type: 'AuthorizationRequested'
      readonly data: AuthorizationRequest & { readonly expiresAt: string }
    }
  | {
      readonly type: 'BrowserBound'
      readonly data: {
        readonly boundAt: string
        readonly expiresAt: string
        readonly consentForced: boolean
      }
    }
  /** Google gave no refresh token: the user is sent there once more, and this time Google is told to ask. */
  | {
      readonly type: 'ConsentRepeated'
      readonly data: {
        readonly reason: 'refresh_token_missing'
        readonly loginHint: string | null
        readonly repeatedAt: string
        readonly expiresAt: string
      }
    }
  | {
      readonly type: 'CallbackReceived'
      readonly data: { readonly receivedAt: string; readonly outcomeDueAt: string }
    }
  | { readonly type: 'AuthorizationGranted'; readonly data: GrantReceived & { readonly grantedAt: string } }
  | {
      readonly type: 'AuthorizationDenied'
      readonly data: { readonly reason: string; readonly deniedAt: string }
    }
  | {
      readonly type: 'AuthorizationFailed'
      readonly data: { readonly reason: string; readonly failedAt: string }
    }
  | { readonly type: 'AuthorizationExpired'; readonly data: { readonly expiredAt: string } }
