import type { EventRecord } from './calendar/event-resource.ts'
import type { DriveRecord } from './drive/drive-record.ts'
import type { Mailbox } from './gmail/mailbox-record.ts'
import type { Channel, MailboxWatch, Subscription } from './push/channel-record.ts'
import type { TokenEpoch } from './token-epoch.ts'

export interface Account {
  readonly sub: string
  readonly email: string
  readonly name: string
}

/** What one account gave one client. Its tokens live and die together, as at Google. */
export interface Grant {
  readonly id: string
  readonly sub: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly createdAt: number
  readonly revokedAt: number | null
}

export interface AuthorizationCode {
  readonly grantId: string
  readonly scopes: readonly string[]
  readonly redirectUri: string
  readonly codeChallenge: string
  readonly nonce: string | null
  readonly issuesRefreshToken: boolean
  readonly expiresAt: number
  readonly usedAt: number | null
}

export interface AccessToken {
  readonly grantId: string
  readonly scopes: readonly string[]
  readonly expiresAt: number
  readonly offline: boolean
}

export interface RefreshToken {
  readonly grantId: string
  readonly scopes: readonly string[]
  readonly createdAt: number
  readonly lastUsedAt: number
  /** For an app in testing mode; otherwise it lives as long as it is used. */
  readonly expiresAt: number | null
}

export interface CalendarRecord {
  readonly id: string
  readonly ownerSub: string
  readonly summary: string
  readonly description: string | null
  readonly timeZone: string
  readonly created: string
  readonly revision: number
  readonly tokens: TokenEpoch
  readonly events: Map<string, EventRecord>
  /** Every write in order of revision, so that a delta costs what changed and not what there is. */
  readonly writes: EventRecord[]
}

export type AccessRole = 'owner' | 'writer' | 'reader' | 'freeBusyReader'

/** One line of one account's calendar list. */
export interface ListEntry {
  readonly sub: string
  readonly calendarId: string
  readonly sequence: number
  readonly revision: number
  readonly accessRole: AccessRole
  readonly primary: boolean
  readonly hidden: boolean
  readonly deleted: boolean
}

/** The parts that are stored apart: tokens change often and are small, the others are large. */
export const sections = ['calendars', 'mailboxes', 'drives', 'channels', 'access'] as const

export type Section = (typeof sections)[number]

export interface WorldState {
  /** Grows with every change of data; sync tokens, history ids and etags are made of it. */
  revision: number
  /** Grows with every new row and never changes for it: the order of pages. */
  sequence: number
  readonly accounts: Map<string, Account>
  readonly grants: Map<string, Grant>
  readonly codes: Map<string, AuthorizationCode>
  readonly accessTokens: Map<string, AccessToken>
  readonly refreshTokens: Map<string, RefreshToken>
  readonly calendars: Map<string, CalendarRecord>
  readonly listEntries: Map<string, ListEntry>
  readonly listTokens: Map<string, TokenEpoch>
  /** By `sub`. */
  readonly mailboxes: Map<string, Mailbox>
  /** My Drives by the `sub` of their owner, shared drives by their id. */
  readonly drives: Map<string, DriveRecord>
  readonly channels: Map<string, Channel>
  /** By `sub`. */
  readonly mailboxWatches: Map<string, MailboxWatch>
  /** By topic. */
  readonly subscriptions: Map<string, Subscription>
  readonly changed: Set<Section>
  /** What changed since watchers were told last. */
  readonly touched: Set<string>
  /** Called with every change of something that can be watched. */
  onTouched: () => void
}

export function emptyState(): WorldState {
  return {
    revision: 0,
    sequence: 0,
    accounts: new Map(),
    grants: new Map(),
    codes: new Map(),
    accessTokens: new Map(),
    refreshTokens: new Map(),
    calendars: new Map(),
    listEntries: new Map(),
    listTokens: new Map(),
    mailboxes: new Map(),
    drives: new Map(),
    channels: new Map(),
    mailboxWatches: new Map(),
    subscriptions: new Map(),
    changed: new Set(),
    touched: new Set(),
    onTouched: () => {},
  }
}

export const entryKey = (sub: string, calendarId: string) => `${sub} ${calendarId}`

/** The next revision; marks the part that changes for storing. */
export function nextRevision(state: WorldState, section: Section = 'calendars'): number {
  state.changed.add(section)
  state.revision += 1
  return state.revision
}

export function nextSequence(state: WorldState): number {
  state.sequence += 1
  return state.sequence
}

/** Something that can be watched has changed. */
export function touch(state: WorldState, resource: string): void {
  state.touched.add(resource)
  state.onTouched()
}
