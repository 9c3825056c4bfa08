import type { EventResource } from '../calendar/event-resource.ts'
import type { AccessRole, Account, ExpiredAnswer } from '../state.ts'
import type { World } from '../world.ts'
import { accessControl } from './access-control.ts'
import { calendarControl } from './calendar-control.ts'
import { type Dump, dump } from './dump.ts'
import type { Fault, FaultState } from './fault-script.ts'
import type { LoggedRequest } from './request-log.ts'
import { seedDefaults } from './seed.ts'

export interface RequestFilter {
  readonly method?: string
  /** The path begins with this. */
  readonly path?: string
}

export interface CalendarControl {
  addAccount(account: { email: string; name?: string; timeZone?: string }): Account
  addCalendar(calendar: { email: string; id?: string; summary: string; timeZone?: string }): { id: string }
  /** Creates an event, or patches the one with this id. Calendar v3 fields; an id is made up when missing. */
  putEvent(calendarId: string, event: Readonly<Record<string, unknown>>): EventResource
  deleteEvent(calendarId: string, eventId: string): EventResource
  /** Adds generated events; the same seed always makes the same ones. */
  seedEvents(calendarId: string, plan: { count: number; seed: number; from?: string }): { added: number }
  /** Puts a calendar on another account's list, or with `none` takes it off; existing event tokens expire as at Google. */
  share(calendarId: string, withWhom: { email: string; accessRole: AccessRole | 'none' }): void
  /** Calendar id, or the account's address with `calendarList`. Later use of older tokens gets the chosen answer. */
  expireSyncTokens(what: { calendarId?: string; calendarListOf?: string; answer?: ExpiredAnswer }): void
}

export interface AccessControl {
  /** As if the person had removed the application in their Google account. */
  revokeGrant(email: string): { revoked: boolean }
  /** Ends all access tokens of an account now; refresh tokens stay. */
  expireAccessTokens(email: string): void
  /** Tokens without consent, for tests that need a caller and nothing else. */
  issueTokens(to: { email: string; scopes: readonly string[] }): { accessToken: string; refreshToken: string }
  advanceClock(seconds: number): Date
  freezeClock(at?: Date): Date
  resumeClock(): Date
}

/** What a test may do behind Google's back. Unknown accounts and calendars throw. */
export interface Control extends CalendarControl, AccessControl {
  /** The next lists answer with pages of these sizes, whatever was asked. 0 is an empty page. */
  planPages(sizes: readonly number[]): void
  addFault(fault: Fault): FaultState
  faults(): readonly FaultState[]
  clearFaults(): void
  requests(filter?: RequestFilter): readonly LoggedRequest[]
  clearRequests(): void
  state(): Dump
  /** Forgets everything; `default` starts again with the built-in accounts, `empty` with none. */
  reset(seed?: 'default' | 'empty'): void
}

export function createControl(world: World): Control {
  const control: Control = {
    ...calendarControl(world),
    ...accessControl(world),
    planPages: (sizes) => {
      world.pagePlan.splice(0, world.pagePlan.length, ...sizes)
    },
    addFault: (fault) => world.faults.add(fault),
    faults: () => world.faults.list(),
    clearFaults: () => world.faults.clear(),
    requests: ({ method, path } = {}) =>
      world.requests
        .list()
        .filter((one) => (method === undefined || one.method === method) && one.path.startsWith(path ?? '/')),
    clearRequests: () => world.requests.clear(),
    state: () => dump(world),
    reset(seed = 'default') {
      forget(world)
      if (seed === 'default') seedDefaults(control, world.clock.now())
    },
  }
  return control
}

/** Revisions go on counting: a sync token from before must never fit what comes after. */
function forget({ state, faults, requests, pagePlan, clock }: World): void {
  for (const part of Object.values(state)) if (part instanceof Map) part.clear()
  state.changed.add('access').add('calendars')
  faults.clear()
  requests.clear()
  pagePlan.length = 0
  clock.restore({ offsetMs: 0, frozenAt: null })
}
