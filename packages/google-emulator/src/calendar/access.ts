import { type ApiMethod, apiCaller } from '../http/api-caller.ts'
import { type Call, param } from '../http/call.ts'
import { googleError, notFound } from '../http/google-error.ts'
import { type Account, type CalendarRecord, entryKey, type ListEntry } from '../state.ts'
import type { World } from '../world.ts'

const prefix = 'https://www.googleapis.com/auth/calendar'
const scopesFor = {
  readLists: [prefix, `${prefix}.readonly`, `${prefix}.calendarlist`, `${prefix}.calendarlist.readonly`],
  readEvents: [prefix, `${prefix}.readonly`, `${prefix}.events`, `${prefix}.events.readonly`],
  writeEvents: [prefix, `${prefix}.events`],
  readRules: [prefix, `${prefix}.readonly`, `${prefix}.acls`, `${prefix}.acls.readonly`],
  readSettings: [prefix, `${prefix}.readonly`, `${prefix}.settings.readonly`],
}

/** Who asks; `need` names the scopes, `name` the method as Google's errors call it. */
export function calendarCaller(
  world: World,
  call: Call,
  need: keyof typeof scopesFor,
  name: string,
): Account {
  const method: ApiMethod = {
    scopes: scopesFor[need],
    api: 'calendar',
    name: `calendar.v3.${name}`,
    isWrite: need === 'writeEvents',
  }
  return apiCaller(world, call, method)
}

export interface OpenCalendar {
  readonly account: Account
  readonly calendar: CalendarRecord
  readonly entry: ListEntry
}

/** The calendar in the path, `primary` resolved, if it is on the account's list.
 * @throws GoogleError 404 */
export function openCalendar(world: World, call: Call, account: Account): OpenCalendar {
  const asked = param(call, 'calendarId')
  const id = asked === 'primary' ? account.email : asked
  const calendar = world.state.calendars.get(id)
  const entry = world.state.listEntries.get(entryKey(account.sub, id))
  if (!calendar || !entry || entry.deleted) throw notFound()
  return { account, calendar, entry }
}

/** @throws GoogleError 403 requiredAccessLevel */
export function requireWriter(open: OpenCalendar): void {
  if (open.entry.accessRole === 'owner' || open.entry.accessRole === 'writer') return
  throw googleError(403, 'requiredAccessLevel', 'You need to have writer access to this calendar.', {
    domain: 'calendar',
  })
}
