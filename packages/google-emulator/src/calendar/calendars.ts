import {
  type AccessRole,
  type Account,
  type CalendarRecord,
  entryKey,
  nextRevision,
  nextSequence,
  touch,
  type WorldState,
} from '../state.ts'
import { type ExpiredAnswer, epochAt } from '../token-epoch.ts'

export interface NewCalendar {
  readonly owner: Account
  readonly id: string
  readonly summary: string
  readonly timeZone: string
  readonly created: Date
  readonly primary?: boolean
  readonly description?: string
}

/** A new calendar, on its owner's list. */
export function addCalendar(state: WorldState, calendar: NewCalendar): CalendarRecord {
  const revision = nextRevision(state)
  const record: CalendarRecord = {
    id: calendar.id,
    ownerSub: calendar.owner.sub,
    summary: calendar.summary,
    description: calendar.description ?? null,
    timeZone: calendar.timeZone,
    created: calendar.created.toISOString(),
    revision,
    tokens: epochAt(revision),
    events: new Map(),
    writes: [],
  }
  state.calendars.set(record.id, record)
  putEntry(state, calendar.owner.sub, record.id, { accessRole: 'owner', primary: calendar.primary ?? false })
  return record
}

interface EntryChange {
  readonly accessRole?: AccessRole
  readonly primary?: boolean
  readonly hidden?: boolean
  readonly deleted?: boolean
}

/** Puts a calendar on an account's list, or changes how it is there. */
export function putEntry(state: WorldState, sub: string, calendarId: string, change: EntryChange): void {
  const key = entryKey(sub, calendarId)
  const before = state.listEntries.get(key) ?? {
    sub,
    calendarId,
    sequence: nextSequence(state),
    accessRole: 'reader',
    primary: false,
    hidden: false,
    deleted: false,
  }
  state.listEntries.set(key, { ...before, ...change, revision: nextRevision(state) })
  touch(state, listResource(sub))
}

/** Makes every sync token of a calendar's events stop working, as Google does by age and on changes of access. */
export function expireEventTokens(state: WorldState, calendarId: string, answer: ExpiredAnswer): void {
  const calendar = state.calendars.get(calendarId)
  if (!calendar) return
  const revision = nextRevision(state)
  state.calendars.set(calendarId, { ...calendar, tokens: epochAt(revision, answer), revision })
}

/** The same for an account's calendar list. */
export function expireListTokens(state: WorldState, sub: string, answer?: ExpiredAnswer): void {
  state.listTokens.set(sub, epochAt(nextRevision(state), answer))
}

/** What a watch of a calendar's events waits for. */
export const eventsResource = (calendarId: string) => `events ${calendarId}`

/** What a watch of a calendar list waits for. */
export const listResource = (sub: string) => `list ${sub}`
