import type { Service } from '@evergrant/event-contracts'
import type { FactMetadata, UnitOfWork } from '@evergrant/event-store'
import { ownDrive, type ResourceKind } from '../domain/resource-facts.ts'
import type { PageStep } from '../domain/sync-cursor.ts'
import type {
  CalendarRows,
  ChangeCause,
  ChangedCalendar,
  ClaimedRun,
  CopyRows,
  EventRows,
  GoogleCalendar,
  GoogleDrive,
  GoogleMail,
  ItemRows,
  PageRequest,
  Resources,
  SharedDrives,
  SyncedResource,
} from './ports.ts'
import { publishing } from './publications.ts'
import { storeFilePage } from './store-files.ts'
import {
  closesUnbelievablyMuch,
  type PageContext,
  type StoredStep,
  storeCalendarPage,
  storeCopyPage,
} from './store-page.ts'
import { type RestContext, type TakenRest, takeRest } from './take-rest.ts'

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
  /** Takes the next slice of what is left of a pass when there are no more pages. */
  readonly takeRest: (unit: UnitOfWork, context: RestContext) => Promise<TakenRest>
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
  readonly resources: Pick<Resources, 'savePass'>
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
function calendarListSource({ calendar, ...rows }: SourceParts): Source {
  return {
    service: 'calendar',
    queryHash: calendar.queryHash.calendar_list,
    hasRows: async () => false,
    discardStaged: async () => {},
    fetch: async (_, request) => {
      const page = await calendar.listCalendars(request)
      return {
        tokens: page,
        store: (unit, context) => storeCalendarPage(unit, rows, page, context),
        isUnbelievable: async () => false,
      }
    },
    takeRest: async () => {
      throw new Error('a calendar list is switched to and closed with its pages')
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
          const kind = context.step.pass.mode === 'full' ? 'resync' : 'sync'
          const calendar = changedCalendar(context, kind)
          const timeZone = page.timeZone ?? context.resource.timeZone ?? 'UTC'
          const { timesOnly, items: events } = page
          const toStore = { ...calendar, timeZone, timesOnly, events }
          const stored = await storeCopyPage(unit, rows, toStore, context, publishing(calendar))
          return { ...stored, widenTo: [] }
        },
      }
    },
    takeRest: (unit, context) => {
      const calendar = changedCalendar(context, context.rest.kind === 'switch' ? 'resync' : 'calendar_gone')
      return takeRest(unit, rows, calendar, context, publishing(calendar))
    },
  }
}

type Where = { readonly resource: SyncedResource; readonly at: Date; readonly metadata: FactMetadata }

function changedCalendar({ resource, at, metadata }: Where, kind: ChangeCause['kind']): ChangedCalendar {
  const { resourceId: calendarId, connectionId, userId } = resource
  return { calendarId, connectionId, userId, at, cause: { kind, by: metadata.correlationId } }
}

function changedItems<Service extends 'drive' | 'gmail'>(service: Service, { resource, at }: Where) {
  const { resourceId, connectionId, userId } = resource
  return { service, resourceId, connectionId, userId, at }
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
          const toStore = { ...changedItems('gmail', context), items: page.items }
          return { ...(await storeCopyPage(unit, items, toStore, context)), widenTo: [] }
        },
      }
    },
    takeRest: (unit, context) => takeRest(unit, items, changedItems('gmail', context), context),
  }
}

function driveSource({ drive, items, drives, resources }: SourceParts): Source {
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
        store: (unit, context) => storeFilePage(unit, { items, drives, resources }, page, context),
      }
    },
    takeRest: async (unit, context) => {
      const taken = await takeRest(unit, items, changedItems('drive', context), context)
      const isOwn = context.resource.googleId === ownDrive
      if (!isOwn || taken.cursor.pass !== null) return taken
      return { ...taken, widenTo: await drives.toWalk(unit, context.resource.connectionId) }
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
