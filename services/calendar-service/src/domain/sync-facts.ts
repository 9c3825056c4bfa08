import type { SyncCause, SyncCounts, SyncMode } from '@evergrant/event-contracts'

/** What a sync is asked to cover; its resources are the calendar list and calendars, by our ids. */
export interface SyncScope {
  readonly syncId: string
  readonly userId: string
  readonly connectionIds: readonly string[]
  readonly calendarId: string | null
  readonly mode: SyncMode
  readonly cause: SyncCause
}

export interface SyncRequested {
  readonly type: 'SyncRequested'
  readonly data: SyncScope & { readonly resourceIds: readonly string[]; readonly requestedAt: string }
}

/** Somebody on the bus asked for what is not there; kept, so that nobody has to guess where it went. */
export interface SyncRefused {
  readonly type: 'SyncRefused'
  readonly data: {
    readonly syncId: string
    readonly connectionId: string
    readonly reason: string
    readonly refusedAt: string
  }
}

export interface SyncStarted {
  readonly type: 'SyncStarted'
  readonly data: { readonly syncId: string; readonly startedAt: string }
}

/** The calendar list brought further calendars to sync. */
export interface SyncWidened {
  readonly type: 'SyncWidened'
  readonly data: { readonly syncId: string; readonly resourceIds: readonly string[] }
}

export interface ResourceSynced {
  readonly type: 'ResourceSynced'
  readonly data: {
    readonly syncId: string
    readonly resourceId: string
    readonly mode: SyncMode
    readonly counts: SyncCounts
  }
}

export interface ResourceSyncFailed {
  readonly type: 'ResourceSyncFailed'
  readonly data: { readonly syncId: string; readonly resourceId: string; readonly reason: string }
}

export interface SyncCompleted {
  readonly type: 'SyncCompleted'
  readonly data: {
    readonly syncId: string
    readonly mode: SyncMode
    readonly counts: SyncCounts
    readonly completedAt: string
  }
}

export interface SyncFailed {
  readonly type: 'SyncFailed'
  readonly data: {
    readonly syncId: string
    readonly mode: SyncMode
    readonly counts: SyncCounts
    readonly reason: string
    readonly retryAt: string | null
    readonly failedAt: string
  }
}

export type SyncFact =
  | SyncRequested
  | SyncRefused
  | SyncStarted
  | SyncWidened
  | ResourceSynced
  | ResourceSyncFailed
  | SyncCompleted
  | SyncFailed

/** Facts whose transaction has queued runs. */
export const queuesRuns: ReadonlySet<string> = new Set<SyncFact['type']>(['SyncRequested', 'SyncWidened'])
