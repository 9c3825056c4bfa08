import type { Access, Account, Service } from '@evergrant/event-contracts'
import type { ConnectionReason } from './connection-reason.ts'
import type { FailureClass, RefreshEvidence } from './failure-class.ts'

/** Who runs a refresh. `bootId` changes with every start of a process, so a restarted one knows its own leftovers. */
export interface Holder {
  readonly instanceId: string
  readonly bootId: string
}

/** Times are RFC 3339 UTC; `expiresAt` and `refreshDueAt` are in Google's time. No fact ever holds a token. */
export type GrantFact =
  | {
      /** A better rule, applied to the evidence of the failure that ended the grant. */
      readonly type: 'FailureReclassified'
      readonly data: {
        readonly generation: number
        readonly attemptId: string
        readonly from: FailureClass
        readonly to: FailureClass
        readonly reclassifiedAt: string
      }
    }
  | {
      readonly type: 'GrantOpened'
      readonly data: {
        readonly grantId: string
        readonly userId: string
        readonly issuer: string
        readonly account: Account
        readonly openedAt: string
      }
    }
  | {
      readonly type: 'TokensReceived'
      readonly data: {
        readonly generation: number
        readonly authorizationId: string
        readonly account: Account
        readonly services: readonly Service[]
        readonly access: Access
        readonly scopes: readonly string[]
        /** Nobody could say what was granted: `scopes` is empty because it is unknown. */
        readonly scopesUnknown?: boolean
        readonly expiresAt: string
        readonly refreshDueAt: string
        /** The generation the refresh token we hold came with; null when there is none. */
        readonly refreshTokenGeneration: number | null
        readonly receivedAt: string
      }
    }
  | {
      readonly type: 'RefreshStarted'
      readonly data: {
        /** The generation whose refresh token is spent. */
        readonly generation: number
        readonly attempt: number
        readonly attemptId: string
        readonly holder: Holder
        readonly cause: RefreshCause
        readonly leaseUntil: string
        readonly startedAt: string
      }
    }
  | {
      readonly type: 'GrantRefreshed'
      readonly data: {
        /** The new generation. */
        readonly generation: number
        readonly attemptId: string
        readonly scopes: readonly string[]
        /** They were unknown before, and Google did not name them now either. */
        readonly scopesUnknown?: boolean
        readonly expiresAt: string
        readonly refreshDueAt: string
        readonly refreshTokenGeneration: number
        readonly refreshedAt: string
      }
    }
  | {
      readonly type: 'RefreshFailed'
      readonly data: {
        readonly generation: number
        readonly attemptId: string
        readonly failureClass: FailureClass
        readonly evidence: RefreshEvidence
        /** null when only the user can change anything. */
        readonly nextAttemptAt: string | null
        readonly failedAt: string
      }
    }
  | {
      readonly type: 'ReauthorizationRequired'
      readonly data: {
        readonly generation: number
        readonly reason: ConnectionReason
        readonly requiredAt: string
      }
    }
  | {
      readonly type: 'ConnectionDisconnected'
      readonly data: {
        readonly service: Service
        readonly reason: ConnectionReason
        readonly disconnectedAt: string
      }
    }
  | {
      readonly type: 'GrantRevoked'
      readonly data: {
        readonly generation: number
        readonly by: 'user' | 'google' | 'admin'
        readonly reason: ConnectionReason
        readonly revokedAt: string
      }
    }
  | {
      readonly type: 'RevocationDelayed'
      readonly data: {
        readonly httpStatus: number | null
        readonly nextAttemptAt: string
        readonly at: string
      }
    }
  | {
      readonly type: 'RevocationSettled'
      readonly data: { readonly outcome: RevocationOutcome; readonly settledAt: string }
    }

/** Why a refresh was begun. */
export type RefreshCause = 'schedule' | 'vend' | 'user'

/** `kept_for_others`: another user of this application holds the same Google account, and Google revokes both at once. */
export type RevocationOutcome = 'revoked' | 'already_gone' | 'nothing_to_revoke' | 'kept_for_others'

/** Stored facts by schema version; upcasters live here when one changes. */
export const grantFactCatalogue = {
  GrantOpened: { schemaVersion: 1 },
  TokensReceived: { schemaVersion: 1 },
  RefreshStarted: { schemaVersion: 1 },
  GrantRefreshed: { schemaVersion: 1 },
  RefreshFailed: { schemaVersion: 1 },
  ReauthorizationRequired: { schemaVersion: 1 },
  ConnectionDisconnected: { schemaVersion: 1 },
  GrantRevoked: { schemaVersion: 1 },
  RevocationDelayed: { schemaVersion: 1 },
  RevocationSettled: { schemaVersion: 1 },
  FailureReclassified: { schemaVersion: 1 },
} as const satisfies Record<GrantFact['type'], { schemaVersion: number }>

export const grantStreamType = 'grant'

const streamPrefix = 'grant-'

export function grantStreamOf(grantId: string): string {
  return `${streamPrefix}${grantId}`
}

/** undefined for a stream of something else. */
export function grantIdOfStream(streamId: string): string | undefined {
  return streamId.startsWith(streamPrefix) ? streamId.slice(streamPrefix.length) : undefined
}
