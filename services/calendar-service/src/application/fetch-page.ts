import type { UnitOfWork } from '@evergrant/event-store'
import type { PageStep } from '../domain/sync-cursor.ts'
import type { CalendarRows, ClaimedRun, EventRows, GoogleCalendar, PageRequest } from './ports.ts'
import {
  closesUnbelievablyMuch,
  type PageContext,
  type StoredStep,
  storeCalendarPage,
  storeEventPage,
} from './store-page.ts'

/** One page of Google's, and what is to be done with it in a transaction. */
export interface FetchedPage {
  readonly tokens: { readonly nextPageToken: string | null; readonly nextSyncToken: string | null }
  readonly store: (unit: UnitOfWork, context: PageContext) => Promise<StoredStep>
  /** Storing this page would close so much that Google is asked again first. */
  readonly isUnbelievable: (unit: UnitOfWork, step: PageStep) => Promise<boolean>
}

export interface PageParts {
  readonly google: GoogleCalendar
  readonly events: EventRows
  readonly calendars: CalendarRows
}

/** Asks Google for the next page of a run's resource.
 * @throws SyncObstacle for every answer that is not a page. */
export function fetchPage(parts: PageParts, run: ClaimedRun, request: PageRequest): Promise<FetchedPage> {
  return run.kind === 'calendar' ? fetchEvents(parts, run, request) : fetchCalendars(parts, request)
}

async function fetchCalendars(rows: PageParts, request: PageRequest): Promise<FetchedPage> {
  const page = await rows.google.listCalendars(request)
  return {
    tokens: page,
    store: (unit, context) => storeCalendarPage(unit, rows, page, context),
    isUnbelievable: async () => false,
  }
}

async function fetchEvents(
  { google, events }: PageParts,
  run: ClaimedRun,
  request: PageRequest,
): Promise<FetchedPage> {
  const page = await google.listEvents({ ...request, calendarGoogleId: run.googleId })
  return {
    tokens: page,
    store: (unit, context) => storeEventPage(unit, events, page, context),
    isUnbelievable: (unit, step) =>
      closesUnbelievablyMuch(unit, events, { calendarId: run.resourceId, page, step }),
  }
}
