import type { Service } from '@evergrant/event-contracts'
import type { GoogleEvent } from '../../domain/google-event.ts'
import type { GoogleItem } from '../../domain/google-item.ts'
import type { GoogleCalendarEntry } from '../../domain/resource-facts.ts'
import type { PageTokens } from '../../domain/sync-cursor.ts'

/** Borrows access tokens from token-service. */
export interface AccessTokens {
  /** `fresh` after Google refused the last one.
   * @throws SyncObstacle when there is none: the user, token-service or Google stands in the way. */
  get(
    connectionId: string,
    options: {
      readonly fresh: boolean
      /** What it is for; `calendar` when absent. */
      readonly service?: Service
    },
  ): Promise<string>
}

export interface GooglePage<Item> extends PageTokens {
  readonly items: readonly Item[]
}

export interface GoogleEventPage extends GooglePage<GoogleEvent> {
  readonly timeZone: string | null
  /** The user may see when somebody is busy, not with what. */
  readonly timesOnly: boolean
}

/** What one connection may still ask of one API of Google's. */
export interface Allowance {
  /** Takes what a call costs before it is sent; returns what is left.
   * @throws SyncObstacle `waiting_for_quota`, with when there will be enough. */
  take(units: number): Promise<number>
}

/** On whose behalf Google is asked. */
export interface OnBehalf {
  readonly accessToken: string
  readonly allowance: Allowance
}

export interface PageRequest extends OnBehalf {
  readonly syncToken: string | null
  readonly pageToken: string | null
}

/** Google Calendar, one page a call.
 * @throws SyncObstacle for every answer that is not a page. */
export interface GoogleCalendar {
  /** Changes whenever the query does: a token belongs to the query it came from. */
  readonly queryHash: Readonly<Record<'calendar_list' | 'calendar', string>>
  listCalendars(request: PageRequest): Promise<GooglePage<GoogleCalendarEntry>>
  listEvents(request: PageRequest & { readonly calendarGoogleId: string }): Promise<GoogleEventPage>
}

/** Gmail, one page of messages or of history a call, without any body.
 * @throws SyncObstacle for every answer that is not a page. */
export interface GoogleMail {
  readonly queryHash: string
  listMessages(request: PageRequest): Promise<GooglePage<GoogleItem>>
}

/** Shared drives somebody can see. */
export interface DriveMemberships {
  readonly joined: readonly string[]
  readonly left: readonly string[]
  /** `joined` names all there are, so that any other has been left. */
  readonly complete: boolean
}

export interface GoogleFilePage extends GooglePage<GoogleItem> {
  readonly memberships: DriveMemberships
}

/** Google Drive, one page of files or of changes a call.
 * @throws SyncObstacle for every answer that is not a page. */
export interface GoogleDrive {
  readonly queryHash: string
  /** `driveId` null for somebody's own log: My Drive, what is shared with them, and the drives they can see. */
  listFiles(request: PageRequest & { readonly driveId: string | null }): Promise<GoogleFilePage>
}

/** What became of a call that names one event; every other answer is an obstacle. */
export type EventAnswer =
  | { readonly status: 'found'; readonly event: GoogleEvent }
  /** 409 to an insert: the id is taken, most likely by the same insert whose answer was lost. */
  | { readonly status: 'taken' }
  /** 412: somebody changed it first. */
  | { readonly status: 'changed' }
  /** 404, 410. */
  | { readonly status: 'gone' }

export interface EventCall extends OnBehalf {
  readonly calendarGoogleId: string
  readonly eventId: string
}

export interface EventWriteCall extends EventCall {
  /** The etag a change is made upon; null to change whatever is there. */
  readonly ifMatch: string | null
  readonly fields: Readonly<Record<string, unknown>>
  readonly sendUpdates: 'all' | 'externalOnly' | 'none'
}

/** Google Calendar, one event a call.
 * @throws SyncObstacle for every answer that `EventAnswer` does not know. */
export interface GoogleEventWrites {
  get(call: EventCall): Promise<EventAnswer>
  insert(call: EventWriteCall): Promise<EventAnswer>
  patch(call: EventWriteCall): Promise<EventAnswer>
  /** `gone` when it is done, whoever did it. */
  remove(call: EventWriteCall): Promise<EventAnswer>
}

/** Borrows access tokens that may write events.
 * @throws DomainError `missing_scopes` or `needs_reauthorization`, with what the user can do; `google_unavailable`. */
export interface WriteTokens {
  get(connectionId: string, options: { readonly fresh: boolean }): Promise<string>
}

/** Units a minute, as Google counts them for each API. */
export type Quotas = Readonly<Record<Service, { readonly user: number; readonly project: number }>>

export interface BudgetAsk {
  readonly api: Service
  readonly connectionId: string
  readonly units: number
}

export type BudgetAnswer =
  /** `left` is what both budgets have after this. */
  | { readonly granted: true; readonly left: number }
  /** Google would refuse more before then. */
  | { readonly granted: false; readonly whose: 'user' | 'project'; readonly retryAfterSeconds: number }

/** What may still be asked of Google, counted over all replicas. */
export interface RequestBudget {
  /** All of it, or nothing. */
  take(ask: BudgetAsk): Promise<BudgetAnswer>
  /** The share of the project's minute that is used up. */
  projectUse(api: Service): Promise<number>
  forgetIdle(): Promise<void>
}
