import { findAccount } from '../oauth/accounts.ts'
import type { Account, CalendarRecord } from '../state.ts'
import type { World } from '../world.ts'

/** @throws Error that a test can read */
export function accountOf(world: World, email: string): Account {
  const account = findAccount(world.state, email)
  if (!account) throw new Error(`no account ${email}`)
  return account
}

/** @throws Error that a test can read */
export function calendarOf(world: World, calendarId: string): CalendarRecord {
  const calendar = world.state.calendars.get(calendarId)
  if (!calendar) throw new Error(`no calendar ${calendarId}`)
  return calendar
}
