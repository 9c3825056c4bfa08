import { addCalendar, expireEventTokens, expireListTokens, putEntry } from '../calendar/calendars.ts'
import { checkedEvent, merged } from '../calendar/event-input.ts'
import type { EventResource } from '../calendar/event-resource.ts'
import { putEvent } from '../calendar/event-store.ts'
import { newEvent } from '../calendar/event-writes.ts'
import { findEvent } from '../calendar/find-event.ts'
import { fingerprint } from '../fingerprint.ts'
import { ensureAccount } from '../oauth/accounts.ts'
import type { AccessRole, Account, CalendarRecord } from '../state.ts'
import type { ExpiredAnswer } from '../token-epoch.ts'
import type { World } from '../world.ts'
import { generatedEvents } from './generated-events.ts'
import { accountOf, calendarOf } from './known.ts'

export interface CalendarControl {
  addAccount(account: { email: string; name?: string; timeZone?: string }): Account
  addCalendar(calendar: { email: string; id?: string; summary: string; timeZone?: string }): { id: string }
  /** Creates an event, or patches the one with this id. Calendar v3 fields; an id is made up when missing. */
  putEvent(calendarId: string, event: Readonly<Record<string, unknown>>): EventResource
  /** Stores an event as it is, even one without a start or with values Google does not know yet. */
  putUncheckedEvent(calendarId: string, event: { id: string; [field: string]: unknown }): EventResource
  deleteEvent(calendarId: string, eventId: string): EventResource
  /** Adds generated events; the same seed always makes the same ones. */
  seedEvents(calendarId: string, plan: { count: number; seed: number; from?: string }): { added: number }
  /** Puts a calendar on another account's list, or with `none` takes it off; existing event tokens expire as at Google. */
  share(calendarId: string, withWhom: { email: string; accessRole: AccessRole | 'none' }): void
  /** Hides a calendar in an account's list, takes it off the list, or undoes that; event tokens live on. */
  changeListEntry(calendarId: string, change: { email: string; hidden?: boolean; deleted?: boolean }): void
  /** Calendar id, or the account's address with `calendarList`. Later use of older tokens gets the chosen answer. */
  expireSyncTokens(what: { calendarId?: string; calendarListOf?: string; answer?: ExpiredAnswer }): void
}

/** Accounts, calendars and events, changed without asking anybody. */
export function calendarControl(world: World): CalendarControl {
  const { state, clock } = world
  return {
    addAccount: ({ email, ...more }) => ensureAccount(state, email, clock.now(), more),
    addCalendar({ email, summary, timeZone = 'Europe/Berlin', id: given }) {
      const owner = accountOf(world, email)
      const id = given ?? `c_${fingerprint(`${owner.sub} ${summary}`).slice(3)}@group.calendar.google.com`
      // Asked again after a lost answer, it is the same calendar with its events.
      if (!state.calendars.has(id)) addCalendar(state, { owner, id, summary, timeZone, created: clock.now() })
      return { id }
    },
    putEvent: (calendarId, event) => putControlled(world, calendarOf(world, calendarId), event),
    putUncheckedEvent(calendarId, event) {
      const status = typeof event.status === 'string' ? event.status : 'confirmed'
      return putEvent(state, calendarOf(world, calendarId), { ...event, status }, clock.now())
    },
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
    changeListEntry: (calendarId, { email, ...change }) =>
      putEntry(state, accountOf(world, email).sub, calendarOf(world, calendarId).id, change),
    expireSyncTokens({ calendarId, calendarListOf, answer = 'full_sync_required' }) {
      if (calendarId !== undefined) expireEventTokens(state, calendarOf(world, calendarId).id, answer)
      if (calendarListOf !== undefined) expireListTokens(state, accountOf(world, calendarListOf).sub, answer)
    },
  }
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
