import type { Service } from '@evergrant/event-contracts'
import type { UnitOfWork } from '@evergrant/event-store'
import { ownDrive, type ResourceKind } from '../domain/resource-facts.ts'
import type { PageStep } from '../domain/sync-cursor.ts'
import type {
  CalendarRows,
  ClaimedRun,
  CopyRows,
  EventRows,
  GoogleCalendar,
  GoogleDrive,
  GoogleMail,
  ItemRows,
  PageRequest,
  SharedDrives,
} from './ports.ts'
import { changePublications } from './publications.ts'
import { storeFilePage } from './store-files.ts'
import {
  closesUnbelievablyMuch,
  type PageContext,
  type StoredStep,
  storeCalendarPage,
  storeCopyPage,
} from './store-page.ts'

/** One page of Google's, and what is to be done with it in a transaction. */
export interface FetchedPage {
  readonly tokens: { readonly nextPageToken: string | null; readonly nextSyncToken: string | null }
  readonly store: (unit: UnitOfWork, context: PageContext) => Promise<StoredStep>
  /** Storing this page would close so much that Google is asked again first. */
  readonly isUnbelievable: (unit: UnitOfWork, step: PageStep) => Promise<boolean>
}

/** What tells one kind of resource from another; everything else about a walk is the same for all. */
export interface Source {
  readonly service: Service
  /** Changes whenever the query does: a token belongs to the query it came from. */
  readonly queryHash: string
  /** Whether a new generation has to be staged, because readers have one. */
  readonly hasRows: (unit: UnitOfWork, resourceId: string) => Promise<boolean>
  readonly discardStaged: (unit: UnitOfWork, resourceId: string) => Promise<void>
  /** @throws SyncObstacle for every answer that is not a page. */
  readonly fetch: (run: ClaimedRun, request: PageRequest) => Promise<FetchedPage>
}

export type Sources = Readonly<Record<ResourceKind, Source>>

export interface SourceParts {
  readonly calendar: GoogleCalendar
  readonly mail: GoogleMail
  readonly drive: GoogleDrive
  readonly events: EventRows
  readonly calendars: CalendarRows
  readonly items: ItemRows
  readonly drives: SharedDrives
}

export function createSources(parts: SourceParts): Sources {
  return {
    calendar_list: calendarListSource(parts),
    calendar: calendarSource(parts),
    mailbox: mailboxSource(parts),
    drive: driveSource(parts),
  }
}

/** The list is never staged: which calendars there are can be told at the end of a pass. */
function calendarListSource({ calendar, calendars, events }: SourceParts): Source {
  return {
    service: 'calendar',
    queryHash: calendar.queryHash.calendar_list,
    hasRows: async () => false,
    discardStaged: async () => {},
    fetch: async (_, request) => {
      const page = await calendar.listCalendars(request)
      return {
        tokens: page,
        store: (unit, context) => storeCalendarPage(unit, { calendars, events }, page, context),
        isUnbelievable: async () => false,
      }
    },
  }
}

function calendarSource({ calendar, events: rows }: SourceParts): Source {
  return {
    service: 'calendar',
    queryHash: calendar.queryHash.calendar,
    ...staged(rows),
    fetch: async (run, request) => {
      const page = await calendar.listEvents({ ...request, calendarGoogleId: run.googleId })
      return {
        tokens: page,
        isUnbelievable: doubting(rows, run, page.items.length),
        store: async (unit, context) => {
          const { resourceId: calendarId, connectionId, userId } = context.resource
          const owner = { calendarId, connectionId, userId }
          const timeZone = page.timeZone ?? context.resource.timeZone ?? 'UTC'
          const { mode } = context.step.pass
          const cause = {
            kind: mode === 'full' ? 'resync' : 'sync',
            by: context.metadata.correlationId,
          } as const
          const { timesOnly, items: events } = page
          const toStore = { ...owner, at: context.at, cause, timeZone, timesOnly, events }
          const publish = (changes: Parameters<typeof changePublications>[1]) =>
            changePublications(owner, changes, context.at.toISOString())
          const counts = await storeCopyPage(unit, rows, toStore, context, publish)
          return { counts, widenTo: [] }
        },
      }
    },
  }
}

function mailboxSource({ mail, items }: SourceParts): Source {
  return {
    service: 'gmail',
    queryHash: mail.queryHash,
    ...staged(items),
    fetch: async (run, request) => {
      const page = await mail.listMessages(request)
      return {
        tokens: page,
        isUnbelievable: doubting(items, run, page.items.length),
        store: async (unit, context) => {
          const { resourceId, connectionId, userId } = context.resource
          const where = { service: 'gmail', resourceId, connectionId, userId, at: context.at } as const
          const counts = await storeCopyPage(unit, items, { ...where, items: page.items }, context)
          return { counts, widenTo: [] }
        },
      }
    },
  }
}

function driveSource({ drive, items, drives }: SourceParts): Source {
  return {
    service: 'drive',
    queryHash: drive.queryHash,
    ...staged(items),
    fetch: async (run, request) => {
      const driveId = run.googleId === ownDrive ? null : run.googleId
      const page = await drive.listFiles({ ...request, driveId })
      return {
        tokens: page,
        isUnbelievable: doubting(items, run, page.items.length),
        store: (unit, context) => storeFilePage(unit, { items, drives }, page, context),
      }
    },
  }
}

function staged(rows: Pick<CopyRows<never, never>, 'hasAny' | 'discardStaged'>) {
  return { hasRows: rows.hasAny, discardStaged: rows.discardStaged }
}

function doubting(
  rows: Pick<CopyRows<never, never>, 'absent'>,
  { resourceId }: ClaimedRun,
  itemsOnPage: number,
) {
  return (unit: UnitOfWork, step: PageStep) =>
    closesUnbelievablyMuch(unit, rows, { resourceId, itemsOnPage, step })
}
