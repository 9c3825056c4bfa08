import type { SyncCounts, SyncMode } from '@evergrant/event-contracts'
import type { OpeningReason } from './sync-cursor.ts'

/** The resource of somebody's own log has this for a drive id; every other is a shared drive's. */
export const ownDrive = 'user'

/** `drive` is somebody's own change log, or that of one shared drive. */
export type ResourceKind = 'calendar_list' | 'calendar' | 'mailbox' | 'drive'

/** What happened to one synced resource. The changed events themselves are rows of the change log, written in the
 * same transaction; a fact for each of a million events would say nothing more. */
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
