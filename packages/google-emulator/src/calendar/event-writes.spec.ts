import { type calendar_v3, calendar as calendarApi } from 'googleapis/build/src/apis/calendar/index.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GoogleEmulator, startGoogleEmulator } from '../emulator.ts'

const alice = 'alice@example.com'
const timeZone = 'Europe/Berlin'
const calendarId = 'primary'

let google: GoogleEmulator
let accessToken: string
let api: calendar_v3.Calendar

beforeEach(async () => {
  google = await startGoogleEmulator({ seed: 'empty' })
  google.addAccount({ email: alice, timeZone })
  accessToken = google.issueTokens({
    email: alice,
    scopes: ['https://www.googleapis.com/auth/calendar'],
  }).accessToken
  api = calendarApi({
    version: 'v3',
    rootUrl: `${google.url}/`,
    headers: { authorization: `Bearer ${accessToken}` },
    retry: false,
  })
})

afterEach(() => google.close())

const hour = (date: string, from: string, to: string) => ({
  start: { dateTime: `${date}T${from}:00`, timeZone },
  end: { dateTime: `${date}T${to}:00`, timeZone },
})

async function insert(event: calendar_v3.Schema$Event = {}) {
  const requestBody = { summary: 'Tea', ...hour('2026-03-02', '09:00', '10:00'), ...event }
  return (await api.events.insert({ calendarId, requestBody })).data
}

const series = (id: string) => insert({ id, summary: 'Standup', recurrence: ['RRULE:FREQ=DAILY;COUNT=4'] })

async function summaries(parameters: calendar_v3.Params$Resource$Events$List = {}) {
  const { data } = await api.events.list({ calendarId, ...parameters })
  return data.items?.map((item) => [item.id, item.summary ?? item.status])
}

const refusal = (reason: string, code: number) => ({
  status: code,
  response: { data: { error: { code, errors: [expect.objectContaining({ reason })] } } },
})

describe('insert', () => {
  it('fills in what Google fills in and gives times their offset', async () => {
    const event = await insert()
    expect(event).toMatchObject({
      kind: 'calendar#event',
      status: 'confirmed',
      iCalUID: `${event.id}@google.com`,
      organizer: { email: alice },
      sequence: 0,
      eventType: 'default',
      start: { dateTime: '2026-03-02T09:00:00+01:00', timeZone },
    })
    expect((await api.events.get({ calendarId, eventId: event.id ?? '' })).data).toEqual(event)
  })

  it('with an id that is taken is a duplicate, so a lost answer can be repeated', async () => {
    await insert({ id: 'chosen0' })
    await expect(insert({ id: 'chosen0' })).rejects.toMatchObject(refusal('duplicate', 409))
  })

  it.each([
    ['an id that is not base32hex', { id: 'xyzzy' }],
    ['no end', { end: {} }],
    ['an end before the start', { end: { dateTime: '2026-03-02T08:00:00', timeZone } }],
    ['a date and a time', { end: { date: '2026-03-03' } }],
    ['an unknown zone', { start: { dateTime: '2026-03-02T09:00:00', timeZone: 'Mars/Olympus' } }],
    [
      'a series without a zone',
      { start: { dateTime: '2026-03-02T09:00:00Z' }, recurrence: ['RRULE:FREQ=DAILY'] },
    ],
    ['a broken rule', { recurrence: ['every day'] }],
  ])('refuses %s', async (_, event) => {
    await expect(insert(event)).rejects.toMatchObject({ status: 400 })
    expect(await summaries()).toEqual([])
  })

  it('is refused to readers', async () => {
    google.addAccount({ email: 'bob@example.com' })
    google.share('bob@example.com', { email: alice, accessRole: 'reader' })
    const written = api.events.insert({
      calendarId: 'bob@example.com',
      requestBody: hour('2026-03-02', '09:00', '10:00'),
    })
    await expect(written).rejects.toMatchObject(refusal('requiredAccessLevel', 403))
  })

  it('of an import finds the event again by its iCalUID', async () => {
    const requestBody = {
      iCalUID: 'x@elsewhere',
      summary: 'Imported',
      ...hour('2026-03-02', '09:00', '10:00'),
    }
    const first = await api.events.import({ calendarId, requestBody })
    const second = await api.events.import({ calendarId, requestBody: { ...requestBody, summary: 'Again' } })
    expect([second.data.id, second.data.summary]).toEqual([first.data.id, 'Again'])
  })
})

describe('changes', () => {
  it('make a new etag, and an old one loses', async () => {
    const { id, etag } = await insert()
    const change = (summary: string, ifMatch: string) =>
      api.events.patch(
        { calendarId, eventId: id ?? '', requestBody: { summary } },
        { headers: { 'If-Match': ifMatch } },
      )
    const { data } = await change('Coffee', etag ?? '')
    expect(data.etag).not.toBe(etag)
    await expect(change('Water', etag ?? '')).rejects.toMatchObject(refusal('conditionNotMet', 412))
    await expect(change('Water', data.etag ?? '')).resolves.toHaveProperty('data.summary', 'Water')
  })

  it('by PATCH merge objects, replace lists, and remove what is null', async () => {
    const { id } = await insert({
      description: 'green',
      attendees: [{ email: 'a@example.com' }],
      extendedProperties: { private: { a: '1', b: '2' } },
    })
    const requestBody = { description: null, attendees: [], extendedProperties: { private: { b: '3' } } }
    const { data } = await api.events.patch({ calendarId, eventId: id ?? '', requestBody })
    expect(data).toMatchObject({
      summary: 'Tea',
      attendees: [],
      extendedProperties: { private: { a: '1', b: '3' } },
    })
    expect(data).not.toHaveProperty('description')
  })

  it('by PUT drop what is not mentioned, but never who made it and when', async () => {
    const { id, created, iCalUID } = await insert({ location: 'Kitchen' })
    const requestBody = { summary: 'Tea', ...hour('2026-03-02', '09:00', '10:00') }
    const { data } = await api.events.update({ calendarId, eventId: id ?? '', requestBody })
    expect(data).toMatchObject({ created, iCalUID, creator: { email: alice } })
    expect(data).not.toHaveProperty('location')
  })

  it('count the sequence up when the time moves, not when the text does', async () => {
    const { id: eventId = '' } = await insert()
    const patch = async (requestBody: calendar_v3.Schema$Event) =>
      (await api.events.patch({ calendarId, eventId: eventId ?? '', requestBody })).data.sequence
    expect(await patch({ summary: 'Cake' })).toBe(0)
    expect(await patch({ end: { date: '2026-03-03' }, start: { date: '2026-03-02' } })).toBe(1)
  })

  it('are not sent again to somebody who has the etag', async () => {
    const { id, etag } = await insert()
    const read = (known: string) =>
      fetch(`${google.url}/calendar/v3/calendars/primary/events/${id}`, {
        headers: { authorization: `Bearer ${accessToken}`, 'if-none-match': known },
      })
    expect([(await read(etag ?? '')).status, (await read('"1"')).status]).toEqual([304, 200])
  })
})

describe('deletion', () => {
  it('leaves a cancelled event that can be read, not deleted again, and brought back', async () => {
    const { id } = await insert()
    const eventId = id ?? ''
    expect((await api.events.delete({ calendarId, eventId })).status).toBe(204)
    await expect(api.events.delete({ calendarId, eventId })).rejects.toMatchObject(refusal('deleted', 410))
    expect((await api.events.get({ calendarId, eventId })).data.status).toBe('cancelled')
    expect(await summaries()).toEqual([])
    expect(await summaries({ showDeleted: true })).toEqual([[id, 'cancelled']])
    await api.events.patch({ calendarId, eventId, requestBody: { status: 'confirmed' } })
    expect(await summaries()).toEqual([[id, 'Tea']])
  })

  it('respects If-Match', async () => {
    const { id, etag } = await insert()
    google.putEvent(alice, { id, summary: 'Theirs' })
    const removed = api.events.delete(
      { calendarId, eventId: id ?? '' },
      { headers: { 'If-Match': etag ?? '' } },
    )
    await expect(removed).rejects.toMatchObject(refusal('conditionNotMet', 412))
  })

  it('of something unknown is 404', async () => {
    await expect(api.events.delete({ calendarId, eventId: 'nothere' })).rejects.toMatchObject(
      refusal('notFound', 404),
    )
  })
})

describe('a series', () => {
  it('keeps changed and cancelled occurrences as exceptions of its own', async () => {
    await series('series0')
    const third = 'series0_20260304T080000Z'
    await api.events.patch({
      calendarId,
      eventId: third,
      requestBody: { summary: 'Moved', ...hour('2026-03-04', '15:00', '15:15') },
    })
    await api.events.delete({ calendarId, eventId: 'series0_20260303T080000Z' })
    expect(await summaries()).toEqual([
      ['series0', 'Standup'],
      [third, 'Moved'],
      ['series0_20260303T080000Z', 'cancelled'],
    ])
    const { data } = await api.events.get({ calendarId, eventId: third })
    expect(data).toMatchObject({
      recurringEventId: 'series0',
      originalStartTime: { dateTime: '2026-03-04T09:00:00+01:00' },
    })
    expect(data).not.toHaveProperty('recurrence')
  })

  it('is expanded with its exceptions in place', async () => {
    await series('series0')
    google.putEvent(alice, { id: 'series0_20260304T080000Z', summary: 'Moved' })
    google.deleteEvent(alice, 'series0_20260303T080000Z')
    const expected = [
      ['series0_20260302T080000Z', 'Standup'],
      ['series0_20260304T080000Z', 'Moved'],
      ['series0_20260305T080000Z', 'Standup'],
    ]
    expect(await summaries({ singleEvents: true, orderBy: 'startTime' })).toEqual(expected)
    const { data } = await api.events.instances({ calendarId, eventId: 'series0' })
    expect(data.items?.map((item) => [item.id, item.summary])).toEqual(expected)
  })

  it('takes its occurrences with it when it is deleted', async () => {
    await series('series0')
    google.putEvent(alice, { id: 'series0_20260304T080000Z', summary: 'Moved' })
    const { data } = await api.events.list({ calendarId })
    await api.events.delete({ calendarId, eventId: 'series0' })
    expect(await summaries()).toEqual([])
    expect(await summaries({ syncToken: data.nextSyncToken ?? '' })).toEqual([
      ['series0', 'cancelled'],
      ['series0_20260304T080000Z', 'cancelled'],
    ])
  })

  it('has no occurrence at a time it does not meet', async () => {
    await series('series0')
    const read = api.events.get({ calendarId, eventId: 'series0_20260306T080000Z' })
    await expect(read).rejects.toMatchObject(refusal('notFound', 404))
  })

  it('of whole days has dates in the ids of its occurrences', async () => {
    await insert({
      id: 'trip00',
      start: { date: '2026-03-02' },
      end: { date: '2026-03-04' },
      recurrence: ['RRULE:FREQ=WEEKLY;COUNT=2'],
    })
    const { data } = await api.events.instances({ calendarId, eventId: 'trip00' })
    expect(data.items?.map((item) => [item.id, item.end?.date])).toEqual([
      ['trip00_20260302', '2026-03-04'],
      ['trip00_20260309', '2026-03-11'],
    ])
  })
})
