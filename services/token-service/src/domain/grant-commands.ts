import type { Access, Account, Service } from '@evergrant/event-contracts'
import type { ConnectionReason } from './connection-reason.ts'
import type { FailureClass, RefreshEvidence } from './failure-class.ts'
import type { Holder, RefreshCause, RevocationOutcome } from './grant-facts.ts'
import type { ProviderPolicy } from './provider-policy.ts'
import type { Siblings } from './refresh-token-limit.ts'

export interface ReceiveTokens {
  readonly type: 'ReceiveTokens'
  readonly now: string
  readonly grantId: string
  readonly userId: string
  readonly issuer: string
  readonly account: Account
  readonly authorizationId: string
  readonly services: readonly Service[]
  readonly access: Access
  readonly scopes: readonly string[]
  /** Nobody could say what was granted. */
  readonly scopesUnknown?: boolean
  readonly expiresAt: string
  readonly refreshDueAt: string
  readonly refreshTokenIncluded: boolean
}

export interface StartRefresh {
  readonly type: 'StartRefresh'
  readonly now: string
  readonly attemptId: string
  readonly holder: Holder
  readonly leaseUntil: string
  readonly cause: RefreshCause
  readonly policy: ProviderPolicy
  /** The generation the caller found wanting; a newer one means there is nothing left to do. */
  readonly seenGeneration: number
}

export interface RecordRefreshed {
  readonly type: 'RecordRefreshed'
  readonly attemptId: string
  /** The generation that was spent. */
  readonly generation: number
  /** null when Google did not repeat them. */
  readonly scopes: readonly string[] | null
  readonly expiresAt: string
  readonly refreshDueAt: string
  readonly refreshTokenReplaced: boolean
  readonly refreshedAt: string
}

export interface RecordRefreshFailed {
  readonly type: 'RecordRefreshFailed'
  readonly attemptId: string
  readonly generation: number
  readonly policy: ProviderPolicy
  readonly failureClass: FailureClass
  readonly evidence: RefreshEvidence
  readonly nextAttemptAt: string | null
  readonly failedAt: string
  /** Only asked for when the refresh token is dead. */
  readonly siblings?: Siblings
}

export interface Disconnect {
  readonly type: 'Disconnect'
  readonly now: string
  readonly service: Service
  readonly by: 'user' | 'admin'
}

export interface SettleRevocation {
  readonly type: 'SettleRevocation'
  readonly now: string
  readonly outcome: RevocationOutcome
}

export interface DelayRevocation {
  readonly type: 'DelayRevocation'
  readonly now: string
  readonly httpStatus: number | null
  readonly nextAttemptAt: string
}

/** The provider ended the grant of its own accord. */
export interface EndByProvider {
  readonly type: 'EndByProvider'
  readonly now: string
  readonly reason: ConnectionReason
  /** In the provider's time. */
  readonly occurredAt: string
  /** The generation of the one refresh token it is about; absent when it is about the account. */
  readonly refreshTokenGeneration?: number
}

/** A failure is of another class by a newer rule. */
export interface Reclassify {
  readonly type: 'Reclassify'
  readonly now: string
  readonly generation: number
  readonly attemptId: string
  readonly from: FailureClass
  readonly to: FailureClass
}

export type GrantCommand =
  | ReceiveTokens
  | StartRefresh
  | RecordRefreshed
  | RecordRefreshFailed
  | Disconnect
  | SettleRevocation
  | DelayRevocation
  | EndByProvider
  | Reclassify
