import type { Service, SyncCounts, SyncMode } from '@evergrant/event-contracts'
import type { UnitOfWork } from '@evergrant/event-store'
import type { ResourceKind } from '../../domain/resource-facts.ts'
import type { Pass, SyncCursor } from '../../domain/sync-cursor.ts'

export interface KnownConnection {
  readonly connectionId: string
  readonly userId: string
  readonly service: Service
  readonly status: 'expected' | 'active' | 'paused'
  readonly reason: string | null
}

export interface KnownConnections {
  byId(unit: UnitOfWork, connectionId: string): Promise<KnownConnection | null>
  ofUser(unit: UnitOfWork, userId: string, service: Service): Promise<readonly KnownConnection[]>
}

export interface ResourceIdentity {
  readonly resourceId: string
  readonly kind: ResourceKind
  readonly connectionId: string
  readonly userId: string
  readonly googleId: string
}

export interface SyncedResource extends ResourceIdentity {
  readonly cursor: SyncCursor
  readonly timeZone: string | null
  readonly lastSyncedAt: Date | null
  readonly removed: boolean
}

export interface Resources {
  open(unit: UnitOfWork, identity: ResourceIdentity): Promise<void>
  find(unit: UnitOfWork, resourceId: string): Promise<SyncedResource | null>
  /** Locks the row until the transaction ends. */
  lock(unit: UnitOfWork, resourceId: string): Promise<SyncedResource>
  saveCursor(unit: UnitOfWork, resourceId: string, cursor: SyncCursor): Promise<void>
  /** Changes what a resource is in the middle of, and leaves the rest of its cursor. */
  savePass(unit: UnitOfWork, resourceId: string, pass: Pass | null): Promise<void>
  noteSynced(unit: UnitOfWork, resourceId: string): Promise<void>
  noteFailure(
    unit: UnitOfWork,
    failure: { readonly resourceId: string; readonly reason: string; readonly notBeforeMs: number },
  ): Promise<void>
}

/** One walk through one resource, held by one process at a time; the fence tells a late one that it lost. */
export interface ClaimedRun {
  readonly runId: string
  readonly resourceId: string
  readonly connectionId: string
  readonly kind: ResourceKind
  readonly googleId: string
  readonly mode: SyncMode
  readonly attempt: number
  readonly fence: number
  /** Others are due besides it. */
  readonly othersDue: boolean
}

export interface RunQueue {
  /** Joins the run that already waits for the resource, or adds one. */
  enqueue(
    unit: UnitOfWork,
    run: {
      readonly runId: string
      readonly resourceId: string
      readonly connectionId: string
      readonly mode: SyncMode
      readonly syncId: string
    },
  ): Promise<void>
  /** The next due run, or one whose holder's lease ran out; null when there is none. */
  claim(owner: string, leaseMs: number): Promise<ClaimedRun | null>
  /** Ends the leases of an earlier life of this owner, so that nobody waits for them. A run that was tried often already
   * keeps its lease: if it is what kills the process, the others come first. */
  takeBack(owner: string): Promise<void>
  /** Extends the lease and adds counts.
   * @throws DomainError `lease_lost` when another process took over. */
  progress(unit: UnitOfWork, run: ClaimedRun, step: RunStep): Promise<void>
  /** Lets go of a run for a while; whoever is free takes it then. `wasTried` says that this was an attempt. */
  postpone(run: ClaimedRun, delayMs: number, wasTried: boolean): Promise<void>
  end(unit: UnitOfWork, run: Pick<ClaimedRun, 'runId'>, state: 'done' | 'failed'): Promise<SyncCounts>
  /** Ends a run with its last page: what the page counts for, and the cursor it led to. Answers the counts of all its pages,
   * and who waits for them, as `waiters` does.
   * @throws DomainError `lease_lost` when another process took over. */
  complete(
    unit: UnitOfWork,
    run: ClaimedRun,
    last: LastPage,
  ): Promise<{ readonly counts: SyncCounts; readonly waiting: readonly WaitingSync[] }>
  /** The syncs that wait for a run that is held: nobody joins it any more. */
  whoWaits(runId: string): Promise<readonly WaitingSync[]>
  /** The syncs that wait for a run, locked in a fixed order so that two endings never wait for each other. */
  waiters(unit: UnitOfWork, runId: string): Promise<readonly WaitingSync[]>
  /** Everything queued or running for a connection. */
  underWay(
    unit: UnitOfWork,
    connectionId: string,
  ): Promise<readonly { readonly runId: string; readonly resourceId: string }[]>
}

/** A sync, and the request it goes back to. */
export interface WaitingSync {
  readonly syncId: string
  readonly correlationId: string
  readonly traceparent: string | null
}

export interface RunStep {
  readonly counts: SyncCounts
  readonly mode: SyncMode
  readonly leaseMs: number
}

export interface LastPage {
  readonly counts: SyncCounts
  readonly mode: SyncMode
  readonly cursor: SyncCursor
}

/** A connection, or one calendar of it. */
export interface DueCopy {
  readonly connectionId: string
  readonly calendarId: string | null
}

export interface StaleCopies {
  /** What is older than `staleAfterMs`, or than `backstopAfterMs` where Google says what changes: active connections without a
   * sync under way, and single calendars of the others. The oldest first, as many as fit besides the connections that wait
   * for a lane already; none while another replica looks. */
  take(
    unit: UnitOfWork,
    query: { readonly staleAfterMs: number; readonly backstopAfterMs: number; readonly mostWaiting: number },
  ): Promise<{ readonly due: readonly DueCopy[]; readonly isFull: boolean }>
  /** Removes runs nobody asks about any more. */
  forgetOldRuns(olderThanMs: number): Promise<void>
}

/** Writes whose answer nobody has. */
export interface DoubtfulWrites {
  /** The stream ids of some that are older than that; no other replica gets them for a while. */
  take(query: { readonly olderThanMs: number; readonly limit: number }): Promise<readonly string[]>
}
