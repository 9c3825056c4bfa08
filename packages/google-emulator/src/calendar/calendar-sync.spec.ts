import { type calendar_v3, calendar as calendarApi } from 'googleapis/build/src/apis/calendar/index.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GoogleEmulator, startGoogleEmulator } from '../emulator.ts'

const alice = 'alice@example.com'
const scope = 'https://www.googleapis.com/auth/calendar'
const day = (date: string) => ({ start: { date }, end: { date } })

let google: GoogleEmulator
let api: calendar_v3.Calendar

function apiFor(accessToken: string): calendar_v3.Calendar {
  return calendarApi({
    version: 'v3',
    rootUrl: `${google.url}/`,
    headers: { authorization: `Bearer ${accessToken}` },
    retry: false,
  })
}

beforeEach(async () => {
  google = await startGoogleEmulator({ seed: 'empty' })
  google.addAccount({ email: alice })
  api = apiFor(google.issueTokens({ email: alice, scopes: [scope] }).accessToken)
})

afterEach(() => google.close())

/** Every page of a list, as one. */
async function listAll(parameters: calendar_v3.Params$Resource$Events$List = {}) {
  const items: calendar_v3.Schema$Event[] = []
  const pages: calendar_v3.Schema$Events[] = []
  let pageToken: string | undefined
  do {
    const { data } = await api.events.list({
      calendarId: 'primary',
      ...parameters,
      ...(pageToken && { pageToken }),
    })
    pages.push(data)
    items.push(...(data.items ?? []))
    pageToken = data.nextPageToken ?? undefined
  } while (pageToken !== undefined)
  return { items, pages, syncToken: pages.at(-1)?.nextSyncToken ?? '' }
}

const refusal = (reason: string, code: number) => ({
  status: code,
  response: { data: { error: { code, errors: [expect.objectContaining({ reason })] } } },
})

describe('pages', () => {
  it('carry a sync token on the last one only', async () => {
    google.seedEvents(alice, { count: 7, seed: 1 })
    const { pages, items } = await listAll({ maxResults: 3, showDeleted: true })
    expect(pages.map((page) => [page.items?.length, page.nextSyncToken !== undefined])).toEqual([
      [3, false],
      [3, false],
      [1, true],
    ])
    expect(new Set(items.map((item) => item.id)).size).toBe(7)
  })

  it('hold 250 events unless asked, and never more than 2500', async () => {
    google.seedEvents(alice, { count: 2600, seed: 1 })
    const usual = await api.events.list({ calendarId: 'primary' })
    const most = await api.events.list({ calendarId: 'primary', maxResults: 9999 })
    expect([usual.data.items?.length, most.data.items?.length]).toEqual([250, 2500])
  })

  it('stay as they were while somebody writes, and the write is in the next delta', async () => {
    for (const id of ['aaaaa', 'bbbbb', 'ccccc'])
      google.putEvent(alice, { id, summary: 'before', ...day('2026-03-01') })
    const first = await api.events.list({ calendarId: 'primary', maxResults: 1 })
    google.putEvent(alice, { id: 'ccccc', summary: 'after' })
    google.deleteEvent(alice, 'aaaaa')
    const pageToken = first.data.nextPageToken ?? ''
    const rest = await api.events.list({ calendarId: 'primary', maxResults: 9, pageToken })
    expect(rest.data.items?.map((item) => item.summary)).toEqual(['before', 'before'])
    const delta = await listAll({ syncToken: rest.data.nextSyncToken ?? '' })
    expect(delta.items.map((item) => [item.id, item.status])).toEqual([
      ['aaaaa', 'cancelled'],
      ['ccccc', 'confirmed'],
    ])
  })

  it('may be short or empty although more follows', async () => {
    google.seedEvents(alice, { count: 4, seed: 1 })
    google.planPages([0, 1])
    const { pages } = await listAll({ showDeleted: true })
    expect(pages.map((page) => page.items?.length)).toEqual([0, 1, 3])
  })

  it('of another query are refused', async () => {
    google.seedEvents(alice, { count: 4, seed: 1 })
    const { data } = await api.events.list({ calendarId: 'primary', maxResults: 1 })
    const pageToken = data.nextPageToken ?? ''
    await expect(listAll({ pageToken, singleEvents: true })).rejects.toMatchObject(refusal('invalid', 400))
  })
})

describe('sync tokens', () => {
  it('bring exactly what changed, tombstones with little more than an id', async () => {
    google.seedEvents(alice, { count: 20, seed: 1 })
    google.putEvent(alice, { id: 'gone00', ...day('2026-03-01') })
    const { syncToken } = await listAll()
    google.putEvent(alice, { id: 'new000', ...day('2026-03-02') })
    google.deleteEvent(alice, 'gone00')
    const { items } = await listAll({ syncToken })
    expect(items.map((item) => item.id)).toEqual(['gone00', 'new000'])
    expect(Object.keys(items[0] ?? {}).toSorted()).toEqual(['etag', 'id', 'kind', 'status'])
  })

  it('move on over an empty delta', async () => {
    const { syncToken } = await listAll()
    const empty = await listAll({ syncToken })
    expect(empty.items).toEqual([])
    expect(empty.syncToken).not.toBe(syncToken)
  })

  it('are refused with 410 once they expired, in the middle of paging too', async () => {
    const { syncToken } = await listAll()
    google.seedEvents(alice, { count: 5, seed: 1 })
    const { data } = await api.events.list({ calendarId: 'primary', syncToken, maxResults: 2 })
    google.expireSyncTokens({ calendarId: alice })
    const next = { syncToken, maxResults: 2, pageToken: data.nextPageToken ?? '' }
    await expect(listAll(next)).rejects.toMatchObject(refusal('fullSyncRequired', 410))
    expect((await listAll()).syncToken).not.toBe('')
  })

  it('can be refused with 400 as well', async () => {
    const { syncToken } = await listAll()
    google.expireSyncTokens({ calendarId: alice, answer: 'invalid_sync_token' })
    await expect(listAll({ syncToken })).rejects.toThrow('Invalid sync token value.')
  })

  it('expire when access to the calendar changes', async () => {
    const { syncToken } = await listAll()
    google.addAccount({ email: 'bob@example.com' })
    google.share(alice, { email: 'bob@example.com', accessRole: 'reader' })
    await expect(listAll({ syncToken })).rejects.toMatchObject(refusal('fullSyncRequired', 410))
  })

  it('belong to one account, one calendar and one query', async () => {
    const { syncToken } = await listAll()
    const other = google.addCalendar({ email: alice, summary: 'Other' }).id
    for (const changed of [{ calendarId: other }, { singleEvents: true }, { syncToken: 'garbage' }]) {
      await expect(listAll({ syncToken, ...changed })).rejects.toThrow('Invalid sync token value.')
    }
  })

  it.each([
    ['orderBy', { orderBy: 'updated' }],
    ['q', { q: 'x' }],
    ['timeMin', { timeMin: '2026-01-01T00:00:00Z' }],
    ['updatedMin', { updatedMin: '2026-01-01T00:00:00Z' }],
    ['iCalUID', { iCalUID: 'x' }],
    ['showDeleted=false', { showDeleted: false }],
  ])('cannot be used together with %s', async (_, parameters) => {
    const { syncToken } = await listAll()
    await expect(listAll({ syncToken, ...parameters })).rejects.toMatchObject({ status: 400 })
  })

  it('do not come with an ordered list', async () => {
    expect((await listAll({ orderBy: 'updated' })).syncToken).toBe('')
  })

  it('may follow a first list with timeMin', async () => {
    google.putEvent(alice, { id: 'old000', ...day('2020-01-01') })
    const first = await listAll({ timeMin: '2026-01-01T00:00:00Z' })
    expect(first.items).toEqual([])
    expect((await listAll({ syncToken: first.syncToken })).items).toEqual([])
  })
})

describe('lists', () => {
  it('compare timeMin with the end and timeMax with the start, both exclusive', async () => {
    const at = (from: string, to: string) => ({
      start: { dateTime: `2026-03-01T${from}:00Z` },
      end: { dateTime: `2026-03-01T${to}:00Z` },
    })
    google.putEvent(alice, { id: 'early0', ...at('08:00', '09:00') })
    google.putEvent(alice, { id: 'inside', ...at('08:59', '09:01') })
    google.putEvent(alice, { id: 'late00', ...at('10:00', '11:00') })
    const { items } = await listAll({ timeMin: '2026-03-01T09:00:00Z', timeMax: '2026-03-01T10:00:00Z' })
    expect(items.map((item) => item.id)).toEqual(['inside'])
  })

  it('refuse startTime order without singleEvents', async () => {
    await expect(listAll({ orderBy: 'startTime' })).rejects.toMatchObject({ status: 400 })
  })

  it('answer only the fields that were asked for', async () => {
    google.putEvent(alice, { id: 'aaaaa', summary: 'A', ...day('2026-03-01') })
    const { data } = await api.events.list({ calendarId: 'primary', fields: 'items(id,start/date)' })
    expect(data).toEqual({ items: [{ id: 'aaaaa', start: { date: '2026-03-01' } }] })
  })

  it('keep recurrence word for word', async () => {
    const recurrence = [
      'RRULE:FREQ=WEEKLY;UNTIL=20260630T215959Z;BYDAY=MO',
      'EXDATE;TZID=Europe/Berlin:20260309T090000',
    ]
    const at = (time: string) => ({ dateTime: `2026-03-02T${time}`, timeZone: 'Europe/Berlin' })
    await api.events.insert({
      calendarId: 'primary',
      requestBody: { start: at('09:00:00'), end: at('10:00:00'), recurrence },
    })
    expect((await listAll()).items[0]?.recurrence).toEqual(recurrence)
  })

  it('know the calendar by a group id with reserved characters', async () => {
    const id = google.addCalendar({
      email: alice,
      id: 'en.german#holiday/x@group.v.calendar.google.com',
      summary: 'Holidays',
    }).id
    expect((await api.calendars.get({ calendarId: id })).data.id).toBe(id)
  })
})

describe('access', () => {
  it.each(['garbage', ''])('is refused to the token "%s"', async (token) => {
    const answer = await fetch(`${google.url}/calendar/v3/users/me/calendarList`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect([answer.status, await answer.json()]).toMatchObject([
      401,
      { error: { code: 401, status: 'UNAUTHENTICATED' } },
    ])
  })

  it('ends with the token and with the grant', async () => {
    google.advanceClock(3599)
    await expect(listAll()).rejects.toMatchObject(refusal('authError', 401))
    api = apiFor(google.issueTokens({ email: alice, scopes: [scope] }).accessToken)
    google.revokeGrant(alice)
    await expect(listAll()).rejects.toMatchObject(refusal('authError', 401))
  })

  it('needs a scope of the right kind, for writing a broader one', async () => {
    const drive = 'https://www.googleapis.com/auth/drive'
    api = apiFor(google.issueTokens({ email: alice, scopes: [drive] }).accessToken)
    await expect(listAll()).rejects.toMatchObject({
      status: 403,
      response: { data: { error: { details: [{ reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }] } } },
    })
    api = apiFor(google.issueTokens({ email: alice, scopes: [`${scope}.readonly`] }).accessToken)
    await expect(listAll()).resolves.toMatchObject({ items: [] })
    const insert = api.events.insert({ calendarId: 'primary', requestBody: day('2026-03-01') })
    await expect(insert).rejects.toMatchObject(refusal('insufficientPermissions', 403))
  })

  it("stops at calendars that are not on the account's list", async () => {
    google.addAccount({ email: 'bob@example.com' })
    await expect(listAll({ calendarId: 'bob@example.com' })).rejects.toMatchObject(refusal('notFound', 404))
  })

  it('is without details for a freeBusyReader', async () => {
    google.addAccount({ email: 'bob@example.com' })
    google.putEvent('bob@example.com', { summary: 'Secret', ...day('2026-03-01') })
    google.share('bob@example.com', { email: alice, accessRole: 'freeBusyReader' })
    const { items } = await listAll({ calendarId: 'bob@example.com' })
    expect(items).toMatchObject([{ visibility: 'private', start: { date: '2026-03-01' } }])
    expect(JSON.stringify(items)).not.toContain('Secret')
  })
})

describe('the calendar list', () => {
  it('brings new and removed calendars by sync token', async () => {
    google.addAccount({ email: 'bob@example.com' })
    const first = await api.calendarList.list()
    const id = google.addCalendar({ email: alice, summary: 'Team' }).id
    google.share('bob@example.com', { email: alice, accessRole: 'reader' })
    const second = await api.calendarList.list({ syncToken: first.data.nextSyncToken ?? '' })
    expect(second.data.items?.map((item) => [item.id, item.accessRole])).toEqual([
      [id, 'owner'],
      ['bob@example.com', 'reader'],
    ])
    google.share('bob@example.com', { email: alice, accessRole: 'none' })
    const third = await api.calendarList.list({ syncToken: second.data.nextSyncToken ?? '' })
    expect(third.data.items).toMatchObject([{ id: 'bob@example.com', deleted: true }])
  })

  it('pages, and refuses an expired token', async () => {
    google.addCalendar({ email: alice, summary: 'Team' })
    const first = await api.calendarList.list({ maxResults: 1 })
    const last = await api.calendarList.list({ maxResults: 1, pageToken: first.data.nextPageToken ?? '' })
    expect(last.data.items?.[0]?.summary).toBe('Team')
    google.expireSyncTokens({ calendarListOf: alice })
    const stale = api.calendarList.list({ syncToken: last.data.nextSyncToken ?? '' })
    await expect(stale).rejects.toMatchObject(refusal('fullSyncRequired', 410))
  })
})
