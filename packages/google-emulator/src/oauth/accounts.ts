import { createHash } from 'node:crypto'
import { addCalendar, expireListTokens } from '../calendar/calendars.ts'
import type { Account, WorldState } from '../state.ts'

/** 21 digits like Google's, the same for the same address in every run. */
function subOf(email: string): string {
  const bits = createHash('sha256').update(email).digest().readBigUInt64BE()
  return `1${bits.toString().padStart(20, '0').slice(-20)}`
}

export function findAccount(state: WorldState, emailOrSub: string): Account | undefined {
  const wanted = emailOrSub.trim().toLowerCase()
  return [...state.accounts.values()].find((account) => account.email === wanted || account.sub === wanted)
}

/** The account of an address. A new one gets an empty primary calendar whose id is the address, as at Google. */
export function ensureAccount(
  state: WorldState,
  address: string,
  now: Date,
  more: { readonly name?: string; readonly timeZone?: string } = {},
): Account {
  const email = address.trim().toLowerCase()
  const existing = findAccount(state, email)
  if (existing) return existing
  const localPart = email.split('@')[0] ?? email
  const name = more.name ?? localPart.charAt(0).toUpperCase() + localPart.slice(1)
  const account: Account = { sub: subOf(email), email, name }
  state.accounts.set(account.sub, account)
  state.changed.add('access')
  expireListTokens(state, account.sub)
  addCalendar(state, {
    owner: account,
    id: email,
    summary: email,
    timeZone: more.timeZone ?? 'Europe/Berlin',
    created: now,
    primary: true,
  })
  return account
}
