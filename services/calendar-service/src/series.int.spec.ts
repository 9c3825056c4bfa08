import { beforeAll, describe, expect, it } from 'vitest'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

const berlin = (dateTime: string) => ({ dateTime, timeZone: 'Europe/Berlin' })
const nine = (day: string) => ({
  start: berlin(`${day}T09:00:00+02:00`),
  end: berlin(`${day}T10:00:00+02:00`),
})
const june = '&expand=instances&timeMin=2026-06-01T00:00:00Z&timeMax=2026-07-01T00:00:00Z'
const daily = { recurrence: ['RRULE:FREQ=DAILY;COUNT=4'], summary: 'Standup', ...nine('2026-06-01') }

describe('a series and its exceptions', () => {
  const world = useCalendarWorld()
  let service: CalendarService
  let user: ConnectedUser
  let series: string

  beforeAll(async () => {
    service = await world.start()
  })

  /** A calendar of somebody new, with what is put into it. */
  const begin = async (...events: readonly { id: string; [field: string]: unknown }[]) => {
    user = world.newUser()
    series = 'series00'
    for (const event of events) world.google().putEvent(user.email, event)
    await world.connected(service, user)
  }
  const synced = (mode = 'incremental') => world.sync(service, user, { calendarId: user.calendarId(), mode })
  const inJune = async () =>
    (await world.events(service, user, june)).map(({ start, summary }) => [dayOf(start), summary])
  const dayOf = (start: unknown) => {
    const { dateTime = '', date } = start as { dateTime?: string; date?: string }
    return Number((date ?? dateTime).slice(8, 10))
  }
  const answers = (
    ...pages: readonly { readonly items: readonly object[]; readonly [token: string]: unknown }[]
  ) => {
    const path = '/calendar/v3/calendars/*/events'
    for (const [nr, body] of pages.entries()) {
      world.google().addFault({ path, nth: nr + 1, status: 200, body: { kind: 'calendar#events', ...body } })
    }
  }
  const exceptionOf = (day: string, change: object) => ({
    id: `${series}_${day.replaceAll('-', '')}T070000Z`,
    etag: `"${day}"`,
    recurringEventId: series,
    originalStartTime: nine(day).start,
    ...nine(day),
    ...change,
  })

  it('come together again when the exception is on an earlier page than its series (B2.32)', async () => {
    await begin()
    const exception = exceptionOf('2026-06-02', { summary: 'Special', ...nine('2026-06-20') })
    answers(
      { items: [exception], nextPageToken: 'P2' },
      { items: [{ id: series, etag: '"1"', ...daily }], nextSyncToken: 'T2' },
    )
    await synced()
    expect(await inJune()).toEqual([
      [1, 'Standup'],
      [3, 'Standup'],
      [4, 'Standup'],
      [20, 'Special'],
    ])
  })

  it('an exception stands alone when its series never comes, as for somebody invited to one day (B2.33)', async () => {
    await begin()
    answers({ items: [exceptionOf('2026-06-02', { summary: 'Guest' })], nextSyncToken: 'T2' })
    await synced()
    expect(await inJune()).toEqual([[2, 'Guest']])
    const found = await world.call(service, `/v1/calendar/events/${series}_20260602T070000Z`, {
      sub: user.user,
    })
    expect(found.body).toMatchObject({ summary: 'Guest', recurringEventId: series })
  })

  it('a cancelled day stays hidden through changes and a new list, until its series is gone (B2.34)', async () => {
    await begin({ id: 'series00', ...daily })
    world.google().deleteEvent(user.email, `${series}_20260602T070000Z`)
    await synced()
    const without = (summary: string) => [1, 3, 4].map((day) => [day, summary])
    expect(await inJune()).toEqual(without('Standup'))
    world.google().putEvent(user.email, { id: series, summary: 'Renamed' })
    await synced()
    expect(await inJune()).toEqual(without('Renamed'))
    expect(await synced('full')).toMatchObject({ counts: { upserted: 0, deleted: 0 } })
    expect(await inJune()).toEqual(without('Renamed'))
    world.google().deleteEvent(user.email, series)
    await synced()
    expect(await inJune()).toEqual([])
  })

  it('a tombstone with nothing but an id ends what it names (B2.35)', async () => {
    await begin({ id: 'single00', summary: 'Tea', ...nine('2026-06-05') }, { id: 'series00', ...daily })
    answers({
      items: ['single00', series].map((id) => ({ id, status: 'cancelled' })),
      nextSyncToken: 'T2',
    })
    expect(await synced()).toMatchObject({ counts: { deleted: 2 } })
    expect(await inJune()).toEqual([])
  })

  it('an exception whose day the rule no longer has is shown once, and not at all when Google drops it (B2.38)', async () => {
    await begin({ id: 'series00', ...daily })
    const moved = `${series}_20260602T070000Z`
    world.google().putEvent(user.email, { id: moved, summary: 'Moved', ...nine('2026-06-20') })
    await synced()
    world.google().putEvent(user.email, { id: series, ...daily, recurrence: ['RRULE:FREQ=WEEKLY;COUNT=3'] })
    await synced()
    expect(await inJune()).toEqual([
      [1, 'Standup'],
      [8, 'Standup'],
      [15, 'Standup'],
      [20, 'Moved'],
    ])
    answers({ items: [{ id: moved, status: 'cancelled' }], nextSyncToken: 'T2' })
    await synced()
    expect((await inJune()).map(([day]) => day)).toEqual([1, 8, 15])
  })

  it('split by "this and following" go on without a gap and without an overlap (B2.39)', async () => {
    await begin({ id: 'series00', ...daily })
    world.google().putEvent(user.email, {
      id: series,
      ...daily,
      recurrence: ['RRULE:FREQ=DAILY;UNTIL=20260602T215959Z'],
    })
    world.google().putEvent(user.email, {
      id: 'series00r20260603',
      ...nine('2026-06-03'),
      summary: 'Later',
      recurrence: ['RRULE:FREQ=DAILY;COUNT=2'],
    })
    expect(await synced()).toMatchObject({ counts: { pages: 1, upserted: 2 } })
    expect(await inJune()).toEqual([
      [1, 'Standup'],
      [2, 'Standup'],
      [3, 'Later'],
      [4, 'Later'],
    ])
  })

  it('end as one, however many days an endless series has, with what was changed in it (B2.36, B2.44)', async () => {
    await begin({ id: 'series00', ...daily, recurrence: ['RRULE:FREQ=DAILY'] })
    world.google().putEvent(user.email, { id: `${series}_20260602T070000Z`, summary: 'Special' })
    await synced()
    expect(await inJune()).toHaveLength(30)
    // Google need not name what was changed in it.
    answers({ items: [{ id: series, status: 'cancelled' }], nextSyncToken: 'T2' })
    expect(await synced()).toMatchObject({ counts: { pages: 1, deleted: 2, upserted: 0 } })
    expect(await inJune()).toEqual([])
    const changes = await world.all(service, '/v1/calendar/changes?limit=200', user.user)
    expect(changes.slice(-2).map(({ eventId, kind }) => [eventId, kind])).toEqual([
      [series, 'deleted'],
      [`${series}_20260602T070000Z`, 'deleted'],
    ])
  })

  it('that come back are the same event, with the history it had (B2.45)', async () => {
    await begin({ id: 'single00', summary: 'Tea', ...nine('2026-06-05') })
    world.google().deleteEvent(user.email, 'single00')
    await synced()
    world.google().putEvent(user.email, { id: 'single00', status: 'confirmed' })
    await synced()
    expect(await inJune()).toEqual([[5, 'Tea']])
    const history = await world.all(service, '/v1/calendar/events/single00/history', user.user)
    expect(history.map(({ kind }) => kind)).toEqual(['upserted', 'deleted', 'upserted'])
  })
})

describe('an event', () => {
  const world = useCalendarWorld()
  let service: CalendarService
  beforeAll(async () => {
    service = await world.start()
  })

  it('that was moved ends in the calendar it left and goes on in the other (B2.46)', async () => {
    const user = world.newUser()
    const { id: team } = world.google().addCalendar({ email: user.email, summary: 'Team' })
    world.google().putEvent(user.email, { id: 'moving00', summary: 'Tea', ...nine('2026-06-05') })
    await world.connected(service, user)
    const { accessToken } = world.google().issueTokens({
      email: user.email,
      scopes: ['https://www.googleapis.com/auth/calendar'],
    })
    const path = `/calendar/v3/calendars/primary/events/moving00/move?destination=${encodeURIComponent(team)}`
    const headers = { authorization: `Bearer ${accessToken}` }
    expect((await fetch(world.google().url + path, { method: 'POST', headers })).status).toBe(200)
    expect(await world.sync(service, user)).toMatchObject({ counts: { upserted: 1, deleted: 1 } })
    expect(await world.events(service, user)).toMatchObject([
      { id: 'moving00', summary: 'Tea', calendarId: user.calendarId(team) },
    ])
  })

  it.each(['workingLocation', 'focusTime', 'outOfOffice', 'birthday', 'fromGmail', 'typeOfTomorrow'])(
    'of the type %s is kept with what belongs to it (B2.47)',
    async (eventType) => {
      const user = world.newUser()
      const event = {
        id: 'typed000',
        eventType,
        [`${eventType}Properties`]: { new: { deep: [1] } },
        ...nine('2026-06-05'),
      }
      world.google().putUncheckedEvent(user.email, event)
      await world.connected(service, user)
      expect(await world.events(service, user)).toMatchObject([event])
    },
  )
})
