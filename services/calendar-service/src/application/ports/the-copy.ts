import type { SyncCounts } from '@evergrant/event-contracts'
import type { UnitOfWork } from '@evergrant/event-store'
import type { GoogleEvent } from '../../domain/google-event.ts'
import type { GoogleItem } from '../../domain/google-item.ts'
import type { EventChange, GoogleCalendarEntry } from '../../domain/resource-facts.ts'
import type { SlicePosition } from '../../domain/rest.ts'

/** What a page changed. */
export interface StoredPage {
  readonly changes: readonly EventChange[]
  readonly counts: SyncCounts
}

/** A part of a resource's rows, in the order of their ids. */
export interface Slice {
  readonly at: SlicePosition
  /** About how many rows to change. */
  readonly mostRows: number
}

export interface StoredSlice extends StoredPage {
  /** Where the next slice begins; null after the last one. */
  readonly next: SlicePosition | null
}

/** The copy of one kind of resource: what readers see, and the generation staged beside it. */
export interface CopyRows<Where, Page extends Where> {
  hasAny(unit: UnitOfWork, resourceId: string): Promise<boolean>
  /** Upserts a page into what readers see; what did not change writes nothing. */
  store(unit: UnitOfWork, page: Page): Promise<StoredPage>
  /** Puts a page beside what readers see. */
  stage(unit: UnitOfWork, page: Page): Promise<void>
  /** What `swap` would close, and of how many. */
  absent(
    unit: UnitOfWork,
    resourceId: string,
  ): Promise<{ readonly readable: number; readonly absent: number }>
  /** Readers switch to the next slice of the staged generation; what it no longer has is closed as deleted, after all that it
   * has is readable. `listed` is how many rows of it were put away, which comes last; what did not change is not counted. */
  swap(
    unit: UnitOfWork,
    where: Where,
    slice: Slice,
  ): Promise<StoredSlice & { readonly swept: number; readonly listed: number }>
  /** Drops what an abandoned generation staged. */
  discardStaged(unit: UnitOfWork, resourceId: string): Promise<void>
  /** Closes the next slice of a resource that is no longer there. */
  closeAll(unit: UnitOfWork, where: Where, slice: Slice): Promise<StoredSlice>
}

export type EventRows = CopyRows<ChangedCalendar, EventPageToStore>
export type ItemRows = CopyRows<ChangedItems, ItemPageToStore>

/** Whose messages or files changed. */
export interface ChangedItems {
  readonly service: 'drive' | 'gmail'
  readonly resourceId: string
  readonly connectionId: string
  readonly userId: string
  readonly at: Date
}

export interface ItemPageToStore extends ChangedItems {
  readonly items: readonly GoogleItem[]
}

export interface SharedDrives {
  /** Opens a resource for each of them; one that comes back starts over. */
  join(
    unit: UnitOfWork,
    whose: { readonly connectionId: string; readonly userId: string },
    driveIds: readonly string[],
  ): Promise<void>
  /** Ends the resources of those that were there; returns their ids. */
  leave(unit: UnitOfWork, connectionId: string, driveIds: readonly string[]): Promise<readonly string[]>
  present(
    unit: UnitOfWork,
    connectionId: string,
  ): Promise<readonly { readonly resourceId: string; readonly driveId: string }[]>
  /** The resources to walk: the drives there are, and those that are gone but not closed yet. */
  toWalk(unit: UnitOfWork, connectionId: string): Promise<readonly string[]>
}

/** Why events changed; `by` is the write, or what the sync goes back to. */
export interface ChangeCause {
  readonly kind: 'sync' | 'resync' | 'write' | 'calendar_gone'
  readonly by: string
}

export interface ChangedCalendar {
  readonly calendarId: string
  readonly connectionId: string
  readonly userId: string
  readonly at: Date
  readonly cause: ChangeCause
}

export interface EventPageToStore extends ChangedCalendar {
  readonly timeZone: string
  /** Google left the details out, because the user may not see them. */
  readonly timesOnly?: boolean
  readonly events: readonly GoogleEvent[]
}

export interface CalendarRows {
  store(
    unit: UnitOfWork,
    page: {
      readonly connectionId: string
      readonly userId: string
      readonly generation: number
      readonly at: Date
      readonly entries: readonly GoogleCalendarEntry[]
    },
  ): Promise<{
    readonly counts: SyncCounts
    /** The entries as they were stored. */
    readonly listed: readonly GoogleCalendarEntry[]
    readonly removedIds: readonly string[]
  }>
  /** Calendars an earlier generation had and this one does not. */
  sweep(
    unit: UnitOfWork,
    list: { readonly connectionId: string; readonly generation: number; readonly at: Date },
  ): Promise<readonly string[]>
  /** The calendars to walk: those there are, and those that are gone but not closed yet. */
  toWalk(unit: UnitOfWork, connectionId: string): Promise<readonly string[]>
}
