import { addCalendar, expireEventTokens, expireListTokens, putEntry } from '../calendar/calendars.ts'
import { checkedEvent, merged } from '../calendar/event-input.ts'
import type { EventResource } from '../calendar/event-resource.ts'
import { putEvent } from '../calendar/event-store.ts'
import { newEvent } from '../calendar/event-writes.ts'
import { findEvent } from '../calendar/find-event.ts'
import { fingerprint } from '../fingerprint.ts'
import { ensureAccount, findAccount } from '../oauth/accounts.ts'
import { grantScopes, issueAccessToken, issueRefreshToken, liveGrant, revokeGrant } from '../oauth/grants.ts'
import { canonicalScopes } from '../oauth/scopes.ts'
import type { AccessRole, Account, CalendarRecord, ExpiredAnswer } from '../state.ts'
import { nowMs, type World } from '../world.ts'
import { type Dump, dump } from './dump.ts'
import type { Fault, FaultState } from './fault-script.ts'
import { generatedEvents } from './generated-events.ts'
import type { LoggedRequest } from './request-log.ts'
import { seedDefaults } from './seed.ts'

export interface RequestFilter {
  readonly method?: string
  /** The path begins with this. */
  readonly path?: string
}

/** What a test may do behind Google's back. Unknown accounts and calendars throw. */
export interface Control {
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
  /** The next lists answer with pages of these sizes, whatever was asked. 0 is an empty page. */
  planPages(sizes: readonly number[]): void
  /** As if the person had removed the application in their Google account. */
  revokeGrant(email: string): { revoked: boolean }
  /** Ends all access tokens of an account now; refresh tokens stay. */
  expireAccessTokens(email: string): void
  /** Tokens without consent, for tests that need a caller and nothing else. */
  issueTokens(to: { email: string; scopes: readonly string[] }): { accessToken: string; refreshToken: string }
  advanceClock(seconds: number): Date
  freezeClock(at?: Date): Date
  resumeClock(): Date
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
  const { state, clock } = world
  const control: Control = {
    addAccount: ({ email, ...more }) => ensureAccount(state, email, clock.now(), more),
    addCalendar({ email, summary, timeZone = 'Europe/Berlin', id: given }) {
      const owner = accountOf(world, email)
      const id = given ?? `c_${fingerprint(`${owner.sub} ${summary}`).slice(3)}@group.calendar.google.com`
      // Asked again after a lost answer, it is the same calendar with its events.
      if (!state.calendars.has(id)) addCalendar(state, { owner, id, summary, timeZone, created: clock.now() })
      return { id }
    },
    putEvent: (calendarId, event) => putControlled(world, calendarOf(world, calendarId), event),
    deleteEvent(calendarId, eventId) {
      const calendar = calendarOf(world, calendarId)
      const event = findEvent(calendar, eventId)
      if (!event) throw new Error(`no event ${eventId} in ${calendarId}`)
      return putEvent(state, calendar, { ...event, status: 'cancelled' }, clock.now())
    },
    seedEvents(calendarId, { count, seed, from = `${clock.now().getUTCFullYear()}-01-01` }) {
      const calendar = calendarOf(world, calendarId)
      for (const event of generatedEvents({ count, seed, from, timeZone: calendar.timeZone })) {
        putControlled(world, calendar, event)
      }
      return { added: count }
    },
    share(calendarId, { email, accessRole }) {
      const { sub } = accountOf(world, email)
      const { id } = calendarOf(world, calendarId)
      putEntry(state, sub, id, accessRole === 'none' ? { deleted: true } : { accessRole, deleted: false })
      expireEventTokens(state, id, 'full_sync_required')
    },
    expireSyncTokens({ calendarId, calendarListOf, answer = 'full_sync_required' }) {
      if (calendarId !== undefined) expireEventTokens(state, calendarOf(world, calendarId).id, answer)
      if (calendarListOf !== undefined) expireListTokens(state, accountOf(world, calendarListOf).sub, answer)
    },
    planPages: (sizes) => {
      world.pagePlan.splice(0, world.pagePlan.length, ...sizes)
    },
    ...clockAndGrants(world),
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
      if (seed === 'default') seedDefaults(control, clock.now())
    },
  }
  return control
}

function clockAndGrants(world: World) {
  const { state, clock, client } = world
  return {
    revokeGrant(email: string) {
      const grant = liveGrant(state, accountOf(world, email).sub, client.clientId)
      if (grant) revokeGrant(state, grant, nowMs(world))
      return { revoked: grant !== undefined }
    },
    expireAccessTokens(email: string) {
      const grant = liveGrant(state, accountOf(world, email).sub, client.clientId)
      for (const [key, token] of state.accessTokens) {
        if (token.grantId === grant?.id) state.accessTokens.set(key, { ...token, expiresAt: nowMs(world) })
      }
      state.changed.add('access')
    },
    issueTokens({ email, scopes }: { email: string; scopes: readonly string[] }) {
      const { sub } = accountOf(world, email)
      const asked = canonicalScopes(scopes)
      const grant = grantScopes(state, { sub, clientId: client.clientId, scopes: asked }, nowMs(world))
      const from = { grantId: grant.id, scopes: asked }
      const accessToken = issueAccessToken(state, { ...from, offline: true }, nowMs(world))
      return { accessToken, refreshToken: issueRefreshToken(state, from, nowMs(world)) }
    },
    advanceClock: (seconds: number) => moved(world, () => clock.advance(seconds)),
    freezeClock: (at?: Date) => moved(world, () => clock.freeze(at)),
    resumeClock: () => moved(world, () => clock.resume()),
  }
}

function moved({ state, clock }: World, move: () => void): Date {
  move()
  state.changed.add('access')
  return clock.now()
}

function putControlled(
  world: World,
  calendar: CalendarRecord,
  event: Readonly<Record<string, unknown>>,
): EventResource {
  const owner = world.state.accounts.get(calendar.ownerSub)
  if (!owner) throw new Error(`calendar ${calendar.id} has no owner`)
  const id =
    typeof event.id === 'string' ? event.id : `made${String(world.state.sequence + 1).padStart(8, '0')}`
  const before = findEvent(calendar, id)
  const fields = before ? merged(before, event) : newEvent(owner, event, { id, now: world.clock.now() })
  const status = typeof fields.status === 'string' ? fields.status : 'confirmed'
  return putEvent(
    world.state,
    calendar,
    checkedEvent({ ...fields, id, status }, calendar.timeZone),
    world.clock.now(),
  )
}

function accountOf(world: World, email: string): Account {
  const account = findAccount(world.state, email)
  if (!account) throw new Error(`no account ${email}`)
  return account
}

function calendarOf(world: World, calendarId: string): CalendarRecord {
  const calendar = world.state.calendars.get(calendarId)
  if (!calendar) throw new Error(`no calendar ${calendarId}`)
  return calendar
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
