import type { Access, Account, Service } from '@evergrant/event-contracts'
import type { ConnectionReason } from './connection-reason.ts'
import type { FailureClass } from './failure-class.ts'
import type { Holder } from './grant-facts.ts'
import type { Doubt } from './provider-policy.ts'

export interface ConnectionState {
  readonly service: Service
  readonly access: Access
  readonly connectedAt: string
  /** null while connected. */
  readonly disconnected: { readonly at: string; readonly reason: ConnectionReason } | null
}

/** `started` without an outcome is *in doubt* once its lease is over: nobody knows whether Google answered. */
export type RefreshState =
  | { readonly status: 'idle' }
  | {
      readonly status: 'started'
      readonly attempt: number
      readonly attemptId: string
      readonly holder: Holder
      readonly startedAt: string
      readonly leaseUntil: string
      readonly failuresBefore: number
    }
  | {
      readonly status: 'failed'
      readonly attempt: number
      /** Failures in a row. */
      readonly failures: number
      readonly failureClass: FailureClass
      readonly failedAt: string
      readonly nextAttemptAt: string | null
    }

/** What is left to do at Google after the last connection went. */
export type RevocationState =
  | { readonly status: 'none' | 'settled' }
  | { readonly status: 'pending'; readonly failures: number; readonly dueAt: string }

export interface Grant {
  readonly status: 'live' | 'needs_reauthorization' | 'revoked'
  /** Why it is not live. */
  readonly reason: ConnectionReason | null
  readonly grantId: string
  readonly userId: string
  readonly issuer: string
  readonly account: Account
  /** Counts token sets; the fencing token of every write. 0 before the first. */
  readonly generation: number
  readonly scopes: readonly string[]
  /** Nobody could say yet what was granted; `scopes` says nothing then. */
  readonly scopesUnknown?: boolean
  readonly expiresAt: string
  readonly refreshDueAt: string
  readonly refreshTokenGeneration: number | null
  /** When the user consented to it; a replacement by the provider changes nothing about that. */
  readonly refreshTokenSince: string | null
  readonly lastRefreshedAt: string | null
  /** The newest authorizations, so that a repeated delivery is recognised. */
  readonly authorizationIds: readonly string[]
  readonly connections: Partial<Record<Service, ConnectionState>>
  readonly refresh: RefreshState
  /** null while every attempt on this generation has a known outcome. */
  readonly doubt: Doubt | null
  readonly revocation: RevocationState
}

export type GrantState = { readonly status: 'none' } | Grant

/** The connections that still are connected. */
export function connectedServices(grant: Grant): ConnectionState[] {
  return Object.values(grant.connections).filter((connection) => connection.disconnected === null)
}
