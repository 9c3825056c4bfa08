// What the answers look like (CONTRACT 3). Types only: the browser never asks for this file.
export type {
  CapabilityState,
  Connection,
  ConnectionStatus,
  SchemaFinding,
  Service,
} from '@evergrant/event-contracts'

import type { CapabilityState, SchemaFinding, Service } from '@evergrant/event-contracts'

export interface Calendar {
  readonly id: string
  readonly connectionId: string
  readonly summary: string | null
  readonly primary: boolean
  readonly sync: {
    readonly status: 'fresh' | 'stale' | 'syncing' | 'paused' | 'failed'
    readonly lastSyncedAt: string | null
    readonly reason: string | null
  }
}

export interface GoogleHealth {
  readonly service: Service
  readonly status: CapabilityState
  readonly reason: string | null
  readonly since: string | null
  readonly tokenQuerySuccess: number | null
  readonly refreshSuccess: number | null
}

export interface HistoryEntry {
  readonly at: string
  readonly type: string
  readonly by: {
    readonly kind: 'user' | 'service' | 'google' | 'schedule' | 'operator'
    readonly id?: string
  }
  readonly summary: string
  readonly detail?: Readonly<Record<string, unknown>>
}

export interface SchemaReport {
  readonly service: string
  readonly status: 'verified' | 'drift' | 'unverifiable'
  readonly lastVerifiedAt: string | null
  readonly findings: readonly SchemaFinding[]
  readonly capabilities: Readonly<Record<string, CapabilityState>>
  readonly unverifiable?: { readonly message: string } | null
}

/** How the copy of one connection stands; of a calendar connection, the list of its calendars. */
export interface CopySync {
  readonly connectionId: string
  readonly status: 'fresh' | 'stale' | 'syncing' | 'paused' | 'failed'
  readonly lastSyncedAt: string | null
  readonly reason: string | null
  readonly retryAt?: string | null
  readonly progress?: { readonly parts: number; readonly synced: number; readonly entries: number }
}

/** What the gateway's /health says; only of use to whoever asks what may be done. */
export interface SystemHealth {
  readonly services: readonly {
    readonly name: string
    readonly replicas: readonly {
      readonly status: 'ready' | 'not_ready' | 'unreachable'
      readonly capabilities: readonly {
        readonly name: string
        readonly status: CapabilityState
        readonly reason?: string
        readonly since: string
      }[]
    }[]
  }[]
}

export interface Sync {
  readonly id: string
  readonly status: 'requested' | 'running' | 'completed' | 'failed'
  readonly counts: { readonly upserted: number; readonly deleted: number; readonly unchanged: number }
  readonly error?: { readonly code: string; readonly retryAt: string | null }
}

/** RFC 9457, and the members Evergrant adds. */
export interface Problem {
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly requestId?: string
  readonly action?: { readonly kind: string; readonly description: string; readonly url?: string }
  readonly retryAfter?: number
}

export type Answer<Body> =
  | { readonly ok: true; readonly body: Body }
  | { readonly ok: false; readonly problem: Problem }

/** A whole list, or why there is none. */
export type Listed<Item> = Answer<readonly Item[]> & { readonly sync?: readonly CopySync[] }
