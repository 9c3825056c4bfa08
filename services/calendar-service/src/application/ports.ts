import type { Service, SyncCounts, SyncMode } from '@evergrant/event-contracts'
import type { UnitOfWork } from '@evergrant/event-store'
import type { GoogleEvent } from '../domain/google-event.ts'
import type { GoogleItem } from '../domain/google-item.ts'
import type { EventChange, GoogleCalendarEntry, ResourceKind } from '../domain/resource-facts.ts'
import type { PageTokens, SyncCursor } from '../domain/sync-cursor.ts'

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
  /** Extends the lease and adds counts.
   * @throws DomainError `lease_lost` when another process took over. */
  progress(unit: UnitOfWork, run: ClaimedRun, step: RunStep): Promise<void>
  /** Lets go of a run for a while; whoever is free takes it then. `wasTried` says that this was an attempt. */
  postpone(run: ClaimedRun, delayMs: number, wasTried: boolean): Promise<void>
  end(unit: UnitOfWork, run: Pick<ClaimedRun, 'runId'>, state: 'done' | 'failed'): Promise<SyncCounts>
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

/** What a page changed. */
export interface StoredPage {
  readonly changes: readonly EventChange[]
  readonly counts: SyncCounts
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
  /** Readers switch to the staged generation; what it no longer has is closed as deleted. */
  swap(unit: UnitOfWork, where: Where): Promise<StoredPage & { readonly swept: number }>
  /** Drops what an abandoned generation staged. */
  discardStaged(unit: UnitOfWork, resourceId: string): Promise<void>
  /** Closes everything in a resource that is no longer there. */
  closeAll(unit: UnitOfWork, where: Where): Promise<StoredPage>
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
  /** The calendars to sync. */
  present(unit: UnitOfWork, connectionId: string): Promise<readonly string[]>
}

export interface StaleConnections {
  /** Active connections without a sync under way whose list is older than that; empty while another replica looks. */
  take(
    unit: UnitOfWork,
    query: { readonly staleAfterMs: number; readonly limit: number },
  ): Promise<readonly string[]>
  /** Removes runs nobody asks about any more. */
  forgetOldRuns(olderThanMs: number): Promise<void>
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

/** Writes whose answer nobody has. */
export interface DoubtfulWrites {
  /** The stream ids of some that are older than that; no other replica gets them for a while. */
  take(query: { readonly olderThanMs: number; readonly limit: number }): Promise<readonly string[]>
}

/** Secrets of push channels; only their hashes are kept. */
export interface ChannelSecrets {
  next(): { readonly secret: string; readonly secretHash: string }
  /** Takes as long wherever they differ. */
  matches(secret: string, secretHash: string): boolean
}

/** What is watched, and where a channel for it would be opened. */
export interface Watched {
  readonly resourceId: string
  readonly connectionId: string
  readonly kind: ResourceKind
  readonly googleId: string
}

/** A push channel of ours. Its secret is kept as a hash: it is only ever compared. */
export interface PushChannel {
  readonly channelId: string
  readonly resourceId: string
  readonly connectionId: string
  readonly kind: Watched['kind']
  readonly secretHash: string
  readonly googleResourceId: string | null
  readonly state: 'opening' | 'open' | 'closed' | 'refused' | 'failed'
  readonly lastMessage: number
  /** A newer one for the same is open. */
  readonly superseded: boolean
}

export interface PushChannels {
  /** Records a channel to be opened, for some of what has none that lives long enough; other replicas leave those alone. */
  begin(
    unit: UnitOfWork,
    query: {
      readonly kind: Watched['kind']
      readonly renewBeforeMs: number
      readonly limit: number
      readonly newChannel: () => { readonly channelId: string; readonly secretHash: string }
    },
  ): Promise<readonly (Watched & { readonly channelId: string })[]>
  opened(
    channelId: string,
    at: { readonly googleResourceId: string; readonly expiresAt: Date | null },
  ): Promise<void>
  /** `refused` is for a day, `failed` for a few minutes. */
  notOpened(channelId: string, state: 'refused' | 'failed'): Promise<void>
  /** Channels nobody needs any more: a newer one is open, or what they watch, or its connection, is gone. */
  unneeded(limit: number): Promise<readonly PushChannel[]>
  closed(channelId: string): Promise<void>
  /** Removes what ended long ago. */
  forgetOld(): Promise<void>
  /** Locks the row until the transaction ends. */
  lock(unit: UnitOfWork, channelId: string): Promise<PushChannel | null>
  /** Returns whether a run for `asked` already waits, which will see whatever the message is about. */
  noteMessage(
    unit: UnitOfWork,
    message: { readonly channelId: string; readonly messageNumber: number; readonly asked: string },
  ): Promise<boolean>
  /** Whose mailbox this is, and who of them has not heard of this history id yet; `waits` as in `noteMessage`. */
  noteMailbox(
    unit: UnitOfWork,
    message: { readonly emailAddress: string; readonly historyId: string },
  ): Promise<readonly { readonly connectionId: string; readonly isNews: boolean; readonly waits: boolean }[]>
}

/** Push notifications of one of Google's APIs.
 * @throws SyncObstacle; `rejected_by_google` for what cannot be watched. */
export interface GoogleChannels {
  watch(
    call: OnBehalf & {
      readonly what: Watched
      readonly channelId: string
      readonly secret: string
    },
  ): Promise<{ readonly googleResourceId: string; readonly expiresAt: Date | null }>
  /** A channel that is gone already is stopped. */
  stop(call: OnBehalf & { readonly channelId: string; readonly googleResourceId: string }): Promise<void>
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
