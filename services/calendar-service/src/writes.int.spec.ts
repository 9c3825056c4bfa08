import { type Database, openDatabase, sqlOf } from '@evergrant/event-store'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

const at = (dateTime: string) => ({ dateTime, timeZone: 'Europe/Berlin' })
const times = { start: at('2026-06-01T09:00:00+02:00'), end: at('2026-06-01T10:00:00+02:00') }
const anyEvent = '/calendar/v3/calendars/*/events/*'

describe('writing events', () => {
  const world = useCalendarWorld()
  let service: CalendarService
  let user: ConnectedUser
  let database: Database

  beforeAll(async () => {
    database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
    service = await world.start({ doubtAfterMs: 500, staleAfterSeconds: 2 })
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    user = await world.connected(service)
  })

  const as = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    world.call(service, path, {
      sub: user.user,
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    })
  const create = (fields: object = {}, headers = {}) =>
    as(
      'POST',
      '/v1/calendar/events',
      { calendarId: user.calendarId(), summary: 'Tea', ...times, ...fields },
      headers,
    )
  const made = async (fields: object = {}) => {
    const answer = await create(fields)
    expect(answer.status, answer.text).toBe(201)
    world.google().clearRequests()
    return answer.body as { id: string; etag: string }
  }
  const atGoogle = (id: string) =>
    world
      .google()
      .state()
      .calendars.find((calendar) => calendar.id === user.email)
      ?.events.find((event) => event.id === id)
  const changes = () => world.all(service, '/v1/calendar/changes', user.user)
  const synced = () => world.sync(service, user, { calendarId: user.calendarId() })

  it('makes an event at Google, answers with it, and has it in the copy and the feed at once', async () => {
    const { status, body, headers } = await create({ attendees: [{ email: 'bob@example.com' }] })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      summary: 'Tea',
      calendarId: user.calendarId(),
      connectionId: user.connectionId,
    })
    expect(headers.get('location')).toBe(`/v1/calendar/events/${body.id}?calendarId=${user.calendarId()}`)
    expect(headers.get('etag')).toBe(body.etag)
    expect(await world.events(service, user)).toMatchObject([{ id: body.id, etag: body.etag }])
    expect(await changes()).toMatchObject([{ eventId: body.id, kind: 'upserted', etag: body.etag }])
  })

  it('does not echo: the delta that brings a write again changes nothing (B6.80)', async () => {
    const { id } = await made()
    await as('PATCH', `/v1/calendar/events/${id}`, { summary: 'Coffee' })
    const { id: gone } = await made({ summary: 'Gone soon' })
    await as('DELETE', `/v1/calendar/events/${gone}`)
    const before = await changes()
    expect(before.map(({ kind }) => kind)).toEqual(['upserted', 'upserted', 'upserted', 'deleted'])
    expect(await synced()).toMatchObject({ status: 'completed', counts: { upserted: 0, deleted: 0 } })
    expect(await changes()).toEqual(before)
    world.google().putEvent(user.email, { id, summary: 'Theirs on top' })
    expect(await synced()).toMatchObject({ counts: { upserted: 1 } })
  })

  it('survives a lost answer to an insert: the same id is a duplicate, and that is success (B6.78)', async () => {
    world.google().addFault({ method: 'POST', path: '/calendar/v3/calendars/*/events', resetSocket: 'after' })
    const { status, body } = await create()
    expect(status).toBe(201)
    expect(world.writes()).toEqual([expect.stringMatching(/^POST/), 'POST 409'])
    expect(await world.events(service, user)).toMatchObject([{ id: body.id, summary: 'Tea' }])
  })

  it('answers a repeated Idempotency-Key with the same event', async () => {
    const key = { 'idempotency-key': `key-${user.user}` }
    world
      .google()
      .addFault({ method: 'POST', path: '/calendar/v3/calendars/*/events', status: 503, times: 2 })
    expect((await create({}, key)).status).toBe(503)
    const [first, again] = [await create({}, key), await create({}, key)]
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.body.id).toBe(first.body.id)
    expect(world.writes()).toEqual(['POST 503', 'POST 503', 'POST 200'])
  })

  it('refuses an id that is somebody else’s', async () => {
    const { id } = await made({ id: 'chosen000' })
    expect(id).toBe('chosen000')
    const again = await create({ id, summary: 'Another' })
    expect([again.status, again.body.code]).toEqual([409, 'event_id_taken'])
  })

  it('changes under the etag of the copy, and keeps what it does not mention (B6.81)', async () => {
    const { id } = await made({ description: 'green', extendedProperties: { private: { a: '1' } } })
    const { status, body } = await as('PATCH', `/v1/calendar/events/${id}`, {
      summary: 'Coffee',
      description: null,
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({ summary: 'Coffee', extendedProperties: { private: { a: '1' } } })
    expect(body).not.toHaveProperty('description')
    expect(world.writes()).toEqual(['PATCH 200'])
  })

  it('lets two changes of different fields both stand, with the log as the merge base (B6.77)', async () => {
    const { id } = await made()
    world.google().putEvent(user.email, { id, location: 'Kitchen' })
    const { status, body } = await as('PATCH', `/v1/calendar/events/${id}`, { summary: 'Coffee' })
    expect(status).toBe(200)
    expect(body).toMatchObject({ summary: 'Coffee', location: 'Kitchen' })
    expect(world.writes()).toEqual(['PATCH 412', 'PATCH 200'])
  })

  it('names mine and theirs when both changed the same field, and changes nothing (B6.77)', async () => {
    const { id } = await made()
    const theirs = world.google().putEvent(user.email, { id, summary: 'Theirs' })
    const { status, body } = await as('PATCH', `/v1/calendar/events/${id}`, { summary: 'Mine' })
    expect([status, body.code]).toEqual([412, 'event_changed'])
    expect(body).toMatchObject({
      fields: ['summary'],
      mine: { id, summary: 'Mine', calendarId: user.calendarId() },
      theirs: { id, summary: 'Theirs', etag: theirs.etag, connectionId: user.connectionId },
    })
    expect(atGoogle(id)).toMatchObject({ summary: 'Theirs' })
    expect(await world.events(service, user)).toMatchObject([{ id, summary: 'Theirs' }])
  })

  it('does not put a new end beside somebody else’s new start', async () => {
    const { id } = await made()
    world.google().putEvent(user.email, { id, start: at('2026-06-01T07:00:00+02:00') })
    const answer = await as('PATCH', `/v1/calendar/events/${id}`, { end: at('2026-06-01T11:00:00+02:00') })
    expect([answer.status, answer.body.fields]).toEqual([412, ['end']])
  })

  it('merges upon the revision that If-Match names, however old', async () => {
    const { id, etag } = await made()
    world.google().putEvent(user.email, { id, location: 'Kitchen' })
    await synced()
    world.google().putEvent(user.email, { id, summary: 'Theirs' })
    await synced()
    const patch = (body: object, ifMatch: string) =>
      as('PATCH', `/v1/calendar/events/${id}`, body, { 'if-match': ifMatch })
    expect((await patch({ location: 'Mine' }, etag)).status).toBe(412)
    expect((await patch({ description: 'Mine' }, etag)).status).toBe(200)
    expect((await patch({ colorId: '3' }, '"never seen"')).status).toBe(412)
    expect((await patch({ summary: 'Whatever' }, '*')).status).toBe(200)
  })

  it('deletes what the writer saw, and nothing they did not', async () => {
    const { id } = await made()
    world.google().putEvent(user.email, { id, summary: 'Theirs' })
    const refused = await as('DELETE', `/v1/calendar/events/${id}`)
    expect(refused.status).toBe(412)
    expect(refused.body).toMatchObject({
      mine: { id, status: 'cancelled' },
      theirs: { id, summary: 'Theirs' },
    })
    expect((await as('DELETE', `/v1/calendar/events/${id}`)).status).toBe(204)
    expect(await world.events(service, user)).toEqual([])
    expect(atGoogle(id)).toMatchObject({ status: 'cancelled' })
  })

  it('takes a deletion that was done before as done (B6.79)', async () => {
    const { id } = await made()
    world.google().addFault({ method: 'DELETE', path: anyEvent, resetSocket: 'after' })
    expect((await as('DELETE', `/v1/calendar/events/${id}`)).status).toBe(204)
    expect(world.writes()).toEqual([expect.stringMatching(/^DELETE/), 'DELETE 410'])
  })

  it('takes a change whose answer was lost as made, not as a conflict with itself', async () => {
    const { id } = await made()
    world.google().addFault({ method: 'PATCH', path: anyEvent, resetSocket: 'after' })
    const { status, body } = await as('PATCH', `/v1/calendar/events/${id}`, { summary: 'Coffee' })
    expect([status, body.summary]).toEqual([200, 'Coffee'])
  })

  it('writes one occurrence of a series, which becomes an exception', async () => {
    const { id } = await made({ recurrence: ['RRULE:FREQ=DAILY;COUNT=3'] })
    const second = `${id}_20260602T070000Z`
    const changed = await as('PATCH', `/v1/calendar/events/${second}`, { summary: 'Special' })
    expect(changed.status, changed.text).toBe(200)
    expect((await as('DELETE', `/v1/calendar/events/${id}_20260603T070000Z`)).status).toBe(204)
    const query = '&expand=instances&timeMin=2026-06-01T00:00:00Z&timeMax=2026-06-10T00:00:00Z'
    expect((await world.events(service, user, query)).map(({ summary }) => summary)).toEqual([
      'Tea',
      'Special',
    ])
  })

  it('leaves a write in doubt when Google falls silent, and settles it by looking', async () => {
    const [patched, lost] = [await made(), await made()]
    world.google().addFault({ method: 'PATCH', path: anyEvent, resetSocket: 'after', times: 1 })
    world.google().addFault({ method: 'PATCH', path: anyEvent, status: 503, nth: 2, times: 3 })
    const answers = [
      await as('PATCH', `/v1/calendar/events/${patched.id}`, { summary: 'Done' }),
      await as('PATCH', `/v1/calendar/events/${lost.id}`, { summary: 'Not done' }),
    ]
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      [503, 'google_unavailable'],
      [503, 'google_unavailable'],
    ])
    const statuses = () =>
      sqlOf(database)<{ status: string }>(
        `select status from event_write where user_id = $1 and kind = 'patch' order by requested_at`,
        [user.user],
      )
    await vi.waitFor(async () => {
      expect(await statuses()).toEqual([{ status: 'applied' }, { status: 'refused' }])
    }, 10_000)
    expect(atGoogle(lost.id)).toMatchObject({ summary: 'Tea' })
  })

  it('survives a resync that was listed before the write', async () => {
    world.google().seedEvents(user.email, { count: 4, seed: 1 })
    await synced()
    world.google().expireSyncTokens({ calendarId: user.email })
    world.google().planPages([2, 2, 2])
    world.google().addFault({ method: 'GET', path: '/calendar/v3/calendars/*/events', nth: 3, delayMs: 500 })
    const sync = synced()
    await vi.waitFor(() => expect(world.eventRequests().length).toBeGreaterThan(1), { timeout: 15_000 })
    const { body } = await create()
    await sync
    expect((await world.events(service, user)).map(({ id }) => id)).toContain(body.id)
    expect((await changes()).filter(({ eventId }) => eventId === body.id)).toHaveLength(1)
  })

  it('says what is missing when the account was connected for reading', async () => {
    const action = { kind: 'grant_scopes', description: 'Allow changes.', url: 'https://example.com/grant' }
    world.refuseTokens(user, { ok: false, status: 409, code: 'missing_scopes', body: { action } })
    const { status, body } = await create()
    expect([status, body.code, body.action]).toEqual([409, 'missing_scopes', action])
  })

  it('refuses what cannot be meant before Google is asked (B3.49)', async () => {
    const series = { recurrence: ['RRULE:FREQ=DAILY'], start: { dateTime: '2026-06-01T09:00:00Z' } }
    const wrong = [
      { start: {} },
      { start: { date: '2026-06-01', dateTime: '2026-06-01T09:00:00Z' } },
      { id: 'XYZ' },
      { summary: 'a\u0000b' },
      { htmlLink: 'https://example.com' },
      series,
    ]
    for (const fields of wrong) expect((await create(fields)).status, JSON.stringify(fields)).toBe(400)
    expect((await as('PATCH', '/v1/calendar/events/x', {})).status).toBe(400)
    expect((await as('PATCH', '/v1/calendar/events/nothere', { summary: 'x' })).body.code).toBe(
      'unknown_event',
    )
    const elsewhere = { calendarId: world.newUser().calendarId() }
    expect((await create(elsewhere)).body.code).toBe('unknown_calendar')
    expect(world.writes()).toEqual([])
  })

  it('passes on that Google does not take it, or not now (B5.69, B5.70)', async () => {
    const path = '/calendar/v3/calendars/*/events'
    const outcomes = []
    for (const fault of [
      { status: 400, reason: 'invalid' },
      { status: 403, reason: 'forbiddenForNonOrganizer' },
      { status: 403, reason: 'rateLimitExceeded', retryAfterSeconds: 7 },
      { status: 403, reason: 'quotaExceeded' },
    ]) {
      world.google().addFault({ method: 'POST', path, ...fault })
      const { status, body, headers } = await create()
      outcomes.push([status, body.code, headers.get('retry-after')])
    }
    expect(outcomes).toEqual([
      [400, 'event_refused', null],
      [403, 'calendar_not_writable', null],
      [503, 'google_busy', '7'],
      [503, 'google_busy', '3600'],
    ])
  })

  it('does not ask Google to write a calendar that is only shared for reading', async () => {
    const other = world.newUser()
    world.google().share(other.email, { email: user.email, accessRole: 'reader' })
    await world.sync(service, user)
    const answer = await create({ calendarId: user.calendarId(other.email) })
    expect([answer.status, answer.body.code]).toEqual([403, 'calendar_not_writable'])
    expect(world.writes()).toEqual([])
  })
})
