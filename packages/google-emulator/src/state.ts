import type { EventRecord } from './calendar/event-resource.ts'

/** Whether a cursor that was expired on purpose answers 410 `fullSyncRequired` or 400 "Invalid sync token value.". */
export type ExpiredAnswer = 'full_sync_required' | 'invalid_sync_token'

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
}

/** Which sync tokens still count: older epochs get the answer Google gives for a token it has dropped. */
export interface TokenEpoch {
  readonly epoch: number
  readonly answer: ExpiredAnswer
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

/** The parts that are stored apart: tokens change often and are small, calendars are large. */
export type Section = 'access' | 'calendars'

export interface WorldState {
  /** Grows with every change of calendar data; sync tokens and etags are made of it. */
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
  readonly changed: Set<Section>
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
    changed: new Set(),
  }
}

export const entryKey = (sub: string, calendarId: string) => `${sub} ${calendarId}`

/** The next revision of calendar data; marks it for storing. */
export function nextRevision(state: WorldState): number {
  state.changed.add('calendars')
  state.revision += 1
  return state.revision
}

export function nextSequence(state: WorldState): number {
  state.sequence += 1
  return state.sequence
}
