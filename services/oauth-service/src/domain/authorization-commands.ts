import type { AuthorizationRequest, GrantReceived } from './authorization-facts.ts'

export type AuthorizationCommand =
  | {
      readonly type: 'RequestAuthorization'
      readonly now: Date
      readonly request: Omit<AuthorizationRequest, 'requestedAt' | 'scopes'>
    }
  /** The one-time link was opened; this browser and no other may bring Google's answer. */
  | { readonly type: 'BindBrowser'; readonly now: Date; readonly consentForced: boolean }
  /** Google's answer arrived. Recorded before the code is spent, so a second copy of it never spends it again. */
  | { readonly type: 'ReceiveCallback'; readonly now: Date }
  | {
      readonly type: 'GrantAuthorization'
      readonly now: Date
      readonly grant: GrantReceived
      /** A refresh token from an earlier consent still works and covers what was granted now. */
      readonly refreshTokenKnown: boolean
    }
  | { readonly type: 'DenyAuthorization'; readonly now: Date; readonly reason: string }
  | { readonly type: 'FailAuthorization'; readonly now: Date; readonly reason: string }
  /** The clock looks at an authorization whose time may be over. */
  | { readonly type: 'SweepAuthorization'; readonly now: Date }
