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
