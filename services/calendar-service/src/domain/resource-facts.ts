import type { SyncCounts, SyncMode } from '@evergrant/event-contracts'
import type { OpeningReason } from './sync-cursor.ts'

/** The resource of somebody's own log has this for a drive id; every other is a shared drive's. */
export const ownDrive = 'user'

/** `drive` is somebody's own change log, or that of one shared drive. */
export type ResourceKind = 'calendar_list' | 'calendar' | 'mailbox' | 'drive'

/** A calendar list entry as Google sent it. */
export type GoogleCalendarEntry = Readonly<Record<string, unknown>> & { readonly id: string }

/** What happened to one synced resource. The changed events, messages and files themselves are rows of the change logs,
 * written in the same transaction; a fact for each of a million events would say nothing more. */
export type ResourceFact =
  | {
      readonly type: 'GenerationOpened'
      readonly data: {
        readonly resourceId: string
        readonly generation: number
        readonly reason: OpeningReason
      }
    }
  | {
      readonly type: 'PageStored'
      readonly data: {
        readonly resourceId: string
        readonly generation: number
        readonly page: number
        readonly mode: SyncMode
        readonly counts: SyncCounts
      }
    }
  /** What a page of the calendar list said: a list is short enough to be a fact. */
  | {
      readonly type: 'CalendarsListed'
      readonly data: {
        readonly resourceId: string
        readonly connectionId: string
        readonly userId: string
        readonly generation: number
        readonly entries: readonly GoogleCalendarEntry[]
        /** Calendars that are gone since, by our ids. */
        readonly removedIds: readonly string[]
        readonly listedAt: string
      }
    }
  | {
      readonly type: 'GenerationCommitted'
      readonly data: {
        readonly resourceId: string
        readonly generation: number
        readonly counts: SyncCounts
        /** Rows the new generation no longer had: gone at Google without a tombstone. */
        readonly swept: number
      }
    }
  /** A part of what one transaction should not hold: readers were switched to it, or it was closed. */
  | {
      readonly type: 'SliceStored'
      readonly data: {
        readonly resourceId: string
        readonly counts: SyncCounts
      }
    }
  | {
      readonly type: 'CalendarRemoved'
      readonly data: { readonly resourceId: string; readonly connectionId: string; readonly closed: number }
    }
  | {
      readonly type: 'SharedDriveLeft'
      readonly data: { readonly resourceId: string; readonly connectionId: string; readonly closed: number }
    }

/** One changed event, as the change feed and CalendarEventsChanged name it. */
export interface EventChange {
  readonly eventId: string
  readonly etag: string | null
  readonly kind: 'upserted' | 'deleted'
}

/** The stream of a resource's facts. */
export function resourceStream(
  kind: ResourceKind,
  resourceId: string,
): { readonly streamId: string; readonly streamType: string } {
  const streamType = kind === 'calendar_list' ? 'calendar-list' : kind
  return { streamType, streamId: `${streamType}-${resourceId}` }
}
