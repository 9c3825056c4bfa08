import { type calendar_v3, calendar as calendarApi } from 'googleapis/build/src/apis/calendar/index.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GoogleEmulator, startGoogleEmulator } from '../emulator.ts'

const alice = 'alice@example.com'
const bob = 'bob@example.com'
const team = 'team@group.calendar.google.com'
const day = { start: { date: '2026-03-01' }, end: { date: '2026-03-02' } }

let google: GoogleEmulator
let api: calendar_v3.Calendar

function apiFor(email: string): calendar_v3.Calendar {
  const { accessToken } = google.issueTokens({ email, scopes: ['https://www.googleapis.com/auth/calendar'] })
  const headers = { authorization: `Bearer ${accessToken}` }
  return calendarApi({ version: 'v3', rootUrl: `${google.url}/`, headers, retry: false })
}

beforeEach(async () => {
  google = await startGoogleEmulator({ seed: 'empty' })
  for (const email of [alice, bob]) google.addAccount({ email })
  google.addCalendar({ email: alice, id: team, summary: 'Team' })
  api = apiFor(alice)
})

afterEach(() => google.close())

const refusal = (status: number, reason: string) => ({
  status,
  response: { data: { error: { code: status, errors: [expect.objectContaining({ reason })] } } },
})

const delta = async (calendarId: string, syncToken: string) =>
  (await api.events.list({ calendarId, syncToken })).data.items ?? []

const tokenOf = async (calendarId: string) => (await api.events.list({ calendarId })).data.nextSyncToken ?? ''

describe('move', () => {
  it('leaves a tombstone where the event was and keeps its id, with its changed occurrences, where it is', async () => {
    const recurrence = ['RRULE:FREQ=DAILY;COUNT=5']
    google.putEvent(alice, { id: 'series0', summary: 'Daily', recurrence, ...day })
    google.putEvent(alice, { id: 'series0_20260303', summary: 'Special' })
    const [before, after] = [await tokenOf(alice), await tokenOf(team)]
    const moved = await api.events.move({ calendarId: 'primary', eventId: 'series0', destination: team })
    expect(moved.data).toMatchObject({ id: 'series0', summary: 'Daily', organizer: { email: team } })
    const gone = await delta(alice, before)
    expect(gone.map(({ id, status, summary }) => [id, status, summary])).toEqual([
      ['series0', 'cancelled', undefined],
      ['series0_20260303', 'cancelled', undefined],
    ])
    expect((await delta(team, after)).map(({ summary }) => summary)).toEqual(['Daily', 'Special'])
  })

  it('is refused for one occurrence, to nowhere, and without the right to write there', async () => {
    google.putEvent(alice, { id: 'series0', recurrence: ['RRULE:FREQ=DAILY;COUNT=5'], ...day })
    google.putEvent(alice, { id: 'series0_20260303', summary: 'Special' })
    google.share(bob, { email: alice, accessRole: 'reader' })
    const move = (eventId: string, destination: string) =>
      api.events.move({ calendarId: 'primary', eventId, destination })
    const one = move('series0_20260303', team)
    await expect(one).rejects.toMatchObject(refusal(400, 'cannotChangeOrganizerOfInstance'))
    await expect(move('series0', 'nowhere')).rejects.toMatchObject(refusal(404, 'notFound'))
    await expect(move('series0', bob)).rejects.toMatchObject(refusal(403, 'requiredAccessLevel'))
    await expect(move('none00', team)).rejects.toMatchObject(refusal(404, 'notFound'))
  })
})

describe('access rules', () => {
  it('come by sync token, one that was taken away with the role none', async () => {
    google.share(team, { email: bob, accessRole: 'reader' })
    const { data } = await api.acl.list({ calendarId: team })
    expect(data.items?.map(({ id, role }) => [id, role])).toEqual([
      [`user:${alice}`, 'owner'],
      [`user:${bob}`, 'reader'],
    ])
    google.share(team, { email: bob, accessRole: 'none' })
    const next = await api.acl.list({ calendarId: team, syncToken: data.nextSyncToken ?? '' })
    expect(next.data.items).toMatchObject([{ id: `user:${bob}`, role: 'none', scope: { value: bob } }])
    expect((await api.acl.list({ calendarId: team })).data.items).toHaveLength(1)
    expect((await api.acl.get({ calendarId: team, ruleId: `user:${bob}` })).data.role).toBe('none')
  })

  it('are for owners only', async () => {
    google.share(team, { email: bob, accessRole: 'writer' })
    const asked = apiFor(bob).acl.list({ calendarId: team })
    await expect(asked).rejects.toMatchObject(refusal(403, 'requiredAccessLevel'))
  })
})

describe('settings', () => {
  it('tell the time zone', async () => {
    expect((await api.settings.get({ setting: 'timezone' })).data.value).toBe('Europe/Berlin')
    expect((await api.settings.list()).data.items?.map(({ id }) => id)).toContain('weekStart')
    await expect(api.settings.get({ setting: 'none' })).rejects.toMatchObject(refusal(404, 'notFound'))
  })
})

describe('the calendar list', () => {
  it('always tells by sync token what was hidden and what was taken off', async () => {
    const { data } = await api.calendarList.list()
    google.changeListEntry(team, { email: alice, hidden: true })
    const hidden = await api.calendarList.list({ syncToken: data.nextSyncToken ?? '' })
    expect(hidden.data.items).toMatchObject([{ id: team, hidden: true }])
    expect((await api.calendarList.list()).data.items?.map(({ id }) => id)).toEqual([alice])
    google.changeListEntry(team, { email: alice, deleted: true })
    const gone = await api.calendarList.list({ syncToken: hidden.data.nextSyncToken ?? '' })
    expect(gone.data.items).toMatchObject([{ id: team, deleted: true }])
  })
})

describe('an unchecked event', () => {
  it('comes as it is: without a start, with a type nobody knows, with a description of ten megabytes', async () => {
    google.putUncheckedEvent(alice, {
      id: 'odd00',
      eventType: 'teleport',
      description: 'x'.repeat(10_000_000),
    })
    const [event] = (await api.events.list({ calendarId: 'primary' })).data.items ?? []
    expect(event).toMatchObject({ id: 'odd00', eventType: 'teleport', status: 'confirmed' })
    expect(event).not.toHaveProperty('start')
    expect(event?.description).toHaveLength(10_000_000)
  })
})
