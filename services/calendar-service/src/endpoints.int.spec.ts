import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

describe('reading the copy', () => {
  const world = useCalendarWorld()
  let service: CalendarService
  let user: ConnectedUser

  beforeAll(async () => {
    service = await world.start()
    user = world.newUser()
    world.google().seedEvents(user.email, { count: 120, seed: 11, from: '2026-01-01' })
    await world.connected(service, user)
  })

  const refusal = async (path: string, sub = user.user) => {
    const { status, body } = await world.call(service, path, { sub })
    return { status, code: body.code }
  }

  it('gives the occurrences Google itself would give (B2.31)', async () => {
    const { accessToken } = world.google().issueTokens({
      email: user.email,
      scopes: ['https://www.googleapis.com/auth/calendar.readonly'],
    })
    const window = 'timeMin=2026-03-01T00:00:00Z&timeMax=2026-07-01T00:00:00Z'
    const url = `${world.google().url}/calendar/v3/calendars/primary/events`
    const answer = await fetch(`${url}?${window}&singleEvents=true&maxResults=2500`, {
      headers: { authorization: `Bearer ${accessToken}` },
    })
    const theirs = ((await answer.json()) as { items: { id: string; start: { dateTime?: string } }[] }).items
    const ours = await world.events(service, user, `&expand=instances&${window}`)
    expect(theirs.length).toBeGreaterThan(50)
    expect(ours.map(({ id }) => id).sort()).toEqual(theirs.map(({ id }) => id).sort())
    const startOf = (event: Record<string, unknown>) => {
      const { dateTime, date } = event.start as { dateTime?: string; date?: string }
      return date ?? new Date(dateTime ?? '').toISOString()
    }
    const byId = new Map(theirs.map((event) => [event.id, startOf(event)]))
    for (const event of ours) expect([event.id, startOf(event)]).toEqual([event.id, byId.get(event.id ?? '')])
  })

  it('compares the begin of a window with ends and its end with starts, without either bound (B3.53)', async () => {
    const other = world.newUser()
    const hour = (from: string, to: string) => ({
      start: { dateTime: `2026-03-02T${from}:00Z`, timeZone: 'UTC' },
      end: { dateTime: `2026-03-02T${to}:00Z`, timeZone: 'UTC' },
    })
    const events = {
      before0: hour('08:00', '09:00'),
      into000: hour('08:00', '09:01'),
      inside0: hour('09:00', '10:00'),
      outof00: hour('09:59', '11:00'),
      after00: hour('10:00', '11:00'),
      daily00: { ...hour('08:00', '09:30'), recurrence: ['RRULE:FREQ=DAILY'] },
    }
    for (const [id, event] of Object.entries(events)) world.google().putEvent(other.email, { id, ...event })
    await world.connected(service, other)
    const window = '&timeMin=2026-03-02T09:00:00Z&timeMax=2026-03-02T10:00:00Z'
    const stored = ['daily00', 'inside0', 'into000', 'outof00']
    const ids = async (query: string) => (await world.events(service, other, query)).map(({ id }) => id)
    expect((await ids(window)).toSorted()).toEqual(stored)
    const occurrence = 'daily00_20260302T080000Z'
    expect((await ids(`${window}&expand=instances`)).toSorted()).toEqual([occurrence, ...stored.slice(1)])
  })

  it('gives the same occurrences page by page', async () => {
    const query = 'expand=instances&timeMin=2026-03-01T00:00:00Z&timeMax=2026-05-01T00:00:00Z'
    const whole = await world.events(service, user, `&${query}`)
    const pages = await world.all(service, `/v1/calendar/events?limit=7&${query}`, user.user)
    expect(pages.map(({ id }) => id)).toEqual(whole.map(({ id }) => id))
    const stored = await world.all(service, '/v1/calendar/events?limit=9', user.user)
    expect(new Set(stored.map(({ id }) => id)).size).toBe(stored.length)
    expect(stored).toHaveLength((await world.events(service, user)).length)
  })

  it('finds one event by its id', async () => {
    const [event] = await world.events(service, user)
    const found = await world.call(service, `/v1/calendar/events/${event?.id}`, { sub: user.user })
    expect(found).toMatchObject({ status: 200, body: { id: event?.id, calendarId: user.calendarId() } })
    expect(await refusal('/v1/calendar/events/nosuch')).toEqual({ status: 404, code: 'unknown_event' })
  })

  it('finds an occurrence of a series by the id Google gives it (B2.40)', async () => {
    const query = '&expand=instances&timeMin=2026-01-01T00:00:00Z&timeMax=2027-01-01T00:00:00Z'
    const occurrence = (await world.events(service, user, query)).find(({ id }) => /_\d{8}/.test(id ?? ''))
    const found = await world.call(service, `/v1/calendar/events/${occurrence?.id}`, { sub: user.user })
    expect(found).toMatchObject({ status: 200, body: { ...occurrence } })
    const elsewhere = `${occurrence?.id?.replace(/_.*/, '')}_20270101T031700Z`
    expect(await refusal(`/v1/calendar/events/${elsewhere}`)).toEqual({ status: 404, code: 'unknown_event' })
  })

  it('asks which one is meant when an event is in several calendars (B1.25)', async () => {
    const several = world.newUser()
    const { id: team } = world.google().addCalendar({ email: several.email, summary: 'Team' })
    const invitation = { id: 'invited1', start: { date: '2026-03-01' }, end: { date: '2026-03-02' } }
    for (const calendar of [several.email, team]) world.google().putEvent(calendar, invitation)
    await world.connected(service, several)
    const ask = (query = '') =>
      world.call(service, `/v1/calendar/events/invited1${query}`, { sub: several.user })
    expect(await ask()).toMatchObject({ status: 409, body: { code: 'ambiguous_event' } })
    expect(await ask(`?calendarId=${several.calendarId(team)}`)).toMatchObject({
      status: 200,
      body: { id: 'invited1', calendarId: several.calendarId(team) },
    })
  })

  it("shows nobody what is another user's", async () => {
    const other = world.newUser()
    const sync = await world.sync(service, user)
    expect(await world.all(service, '/v1/calendar/calendars', other.user)).toEqual([])
    expect(await world.events(service, other)).toEqual([])
    expect(await world.all(service, '/v1/calendar/changes', other.user)).toEqual([])
    for (const path of [
      `/v1/calendar/syncs/${sync.id}`,
      `/v1/calendar/events?calendarId=${user.calendarId()}`,
    ]) {
      expect((await refusal(path, other.user)).status).toBe(404)
    }
    const [event] = await world.events(service, user)
    expect((await refusal(`/v1/calendar/events/${event?.id}`, other.user)).status).toBe(404)
  })

  it.each([
    ['timeMin=yesterday', 'timeMin'],
    ['timeMin=2026-02-01T00:00:00Z&timeMax=2026-01-01T00:00:00Z', 'timeMax'],
    ['expand=instances&timeMin=1900-01-01T00:00:00Z&timeMax=2026-01-01T00:00:00Z', 'timeMax'],
    ['calendarId=nonsense', 'calendarId'],
    ['cursor=bm9uc2Vuc2U', 'cursor'],
    ['limit=0', 'limit'],
  ])('refuses %s with the path of the field', async (query, path) => {
    const { status, text } = await world.call(service, `/v1/calendar/events?${query}`, { sub: user.user })
    expect(status, text).toBe(400)
    expect(text).toContain(path)
  })

  it('refuses a sync of what is not there', async () => {
    const ask = (body: object, sub = user.user) =>
      world.call(service, '/v1/calendar/syncs', { sub, method: 'POST', body })
    expect(await ask({ connectionId: randomUUID() })).toMatchObject({
      status: 404,
      body: { code: 'unknown_calendar_connection' },
    })
    expect(await ask({ calendarId: randomUUID() })).toMatchObject({
      status: 404,
      body: { code: 'unknown_calendar' },
    })
    expect(await ask({}, 'nobody')).toMatchObject({ status: 409, body: { code: 'no_calendar_connection' } })
    expect((await ask({ surprise: 1 })).status).toBe(400)
  })

  it('answers a repeated request with the sync of the first', async () => {
    const headers = { 'idempotency-key': randomUUID() }
    const ask = () =>
      world.call(service, '/v1/calendar/syncs', { sub: user.user, method: 'POST', body: {}, headers })
    const first = await ask()
    expect((await ask()).body.id).toBe(first.body.id)
    await world.ended(service, user, first.body.id ?? '')
  })

  it('says what waits to be synced, and what callers can rely on', async () => {
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    expect(metrics).toMatch(/evergrant_sync_runs_due\{[^}]*\} \d/)
    const ready = await fetch(`${service.url}/health/ready`)
    expect(await ready.text()).toContain('calendar.sync')
    expect(ready.status).toBe(200)
  })

  it('streams the progress of a sync to its end', async () => {
    const asked = await world.call(service, '/v1/calendar/syncs', {
      sub: user.user,
      method: 'POST',
      body: {},
    })
    const { text } = await world.call(service, `/v1/calendar/syncs/${asked.body.id}`, {
      sub: user.user,
      headers: { accept: 'text/event-stream' },
    })
    expect(text.trim().split('\n\n').at(-1)).toMatch(/^event: completed\ndata: \{.*"status":"completed"/)
  })
})
