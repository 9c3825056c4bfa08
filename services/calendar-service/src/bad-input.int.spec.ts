import { beforeAll, describe, expect, it } from 'vitest'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

const day = { start: { date: '2026-03-01' }, end: { date: '2026-03-02' } }
const events = '/calendar/v3/calendars/*/events'

describe('what Google should never send', () => {
  const world = useCalendarWorld()
  let service: CalendarService

  beforeAll(async () => {
    service = await world.start({ random: () => 0 })
  })

  const synced = (user: ConnectedUser, mode = 'incremental') =>
    world.sync(service, user, { calendarId: user.calendarId(), mode })
  const ids = async (user: ConnectedUser) => (await world.events(service, user)).map(({ id }) => id)
  type Answer = { readonly items: readonly unknown[]; readonly [field: string]: unknown }
  /** The next answers about events, page by page. */
  const answers = (pages: readonly (Answer | undefined)[]) => {
    for (const [nr, page] of pages.entries()) {
      const body = { kind: 'calendar#events', ...page }
      world.google().addFault({ path: events, nth: nr + 1, status: 200, body })
    }
  }

  it.each([
    ['broken JSON', { text: '{"items": [' }],
    ['a page that is none', { body: 'maintenance' }],
    ['an event without an id', { body: { items: [{ summary: 'who?' }], nextSyncToken: 'T' } }],
    ['neither token', { body: { items: [] } }],
  ])(
    'leaves a calendar as it was, failed and saying so, and goes on when it is over: %s (B1.5, B5.75)',
    async (_, answer) => {
      const user = world.newUser()
      world.google().putEvent(user.email, { id: 'stays00', ...day })
      const { id: other } = world.google().addCalendar({ email: user.email, summary: 'Other' })
      await world.connected(service, user)
      for (const calendar of [user.email, other]) {
        world.google().putEvent(calendar, { id: 'comes00', ...day })
      }
      const path = `/calendar/v3/calendars/${encodeURIComponent(user.email)}/events`
      world.google().addFault({ path, status: 200, times: null, ...answer })
      expect(await world.sync(service, user)).toMatchObject({
        status: 'failed',
        error: { code: 'google_protocol_broken', retryAt: expect.any(String) },
      })
      const calendars = await world.all(service, '/v1/calendar/calendars', user.user)
      const states = new Map(calendars.map(({ googleId, sync }) => [googleId, sync]))
      expect(states.get(user.email)).toMatchObject({ status: 'failed', reason: 'google_protocol_broken' })
      expect(states.get(other)).toMatchObject({ status: 'fresh' })
      expect(
        (await world.events(service, user)).map(({ id, calendarId }) => [id, calendarId]).toSorted(),
      ).toEqual(
        [
          ['stays00', user.calendarId()],
          ['comes00', user.calendarId(other)],
        ].toSorted(),
      )
      world.google().clearFaults()
      expect(await synced(user)).toMatchObject({ status: 'completed', mode: 'incremental' })
      expect(await ids(user)).toHaveLength(3)
      await world.calendars(service, user)
    },
  )

  it('page tokens that go in a circle end the sync with the reason, and the next one begins anew', async () => {
    const user = world.newUser()
    world.google().putEvent(user.email, { id: 'stays00', ...day })
    await world.connected(service, user)
    const circle = ['P1', 'P2', 'P3'].map((nextPageToken) => ({
      items: [{ id: nextPageToken.toLowerCase(), etag: '"1"', ...day }],
      nextPageToken,
    }))
    // Asked again for the same page, Google says the same again.
    answers([...circle, ...circle, ...Array.from({ length: 20 }, () => circle[0])])
    expect(await synced(user)).toMatchObject({ status: 'failed', error: { code: 'google_protocol_broken' } })
    expect(world.eventRequests().length).toBeLessThan(30)
    await world.calendars(service, user, 'failed')
    expect((await ids(user)).toSorted()).toEqual(['p1', 'p2', 'p3', 'stays00'])
    world.google().clearFaults()
    world.google().clearRequests()
    world.google().putEvent(user.email, { id: 'comes00', ...day })
    expect(await synced(user)).toMatchObject({ status: 'completed', counts: { upserted: 1 } })
    expect(world.eventRequests().map(({ query }) => query.pageToken)).toEqual([undefined])
  })

  it('a page that is sent again changes nothing again', async () => {
    const user = await world.connected(service)
    const items = ['aaaaa', 'bbbbb'].map((id) => ({ id, etag: '"1"', ...day }))
    answers([
      { items, nextPageToken: 'P2' },
      { items, nextPageToken: 'P3' },
      { items, nextSyncToken: 'T2' },
    ])
    expect(await synced(user)).toMatchObject({ counts: { pages: 3, upserted: 2, unchanged: 4 } })
    expect(await world.all(service, '/v1/calendar/changes', user.user)).toHaveLength(2)
  })

  it('events without a start, with values of tomorrow or without a sign of their revision are kept whole', async () => {
    const user = await world.connected(service)
    const odd = [
      { id: 'nostart', etag: '"1"', summary: 'Some day' },
      {
        id: 'tomorrow',
        etag: '"1"',
        status: 'postponed',
        visibility: 'veiled',
        moods: [{ of: null }],
        ...day,
      },
      {
        id: 'nonsense',
        etag: '"1"',
        start: 'noon',
        end: 7,
        recurrence: 'daily',
        attendees: 'all',
        summary: 5,
      },
      { id: 'noetag', summary: 'one', ...day },
    ]
    answers([{ items: odd, nextSyncToken: 'T1' }])
    expect(await synced(user)).toMatchObject({ counts: { upserted: 4 } })
    for (const event of odd) {
      const { body } = await world.call(service, `/v1/calendar/events/${event.id}`, { sub: user.user })
      expect(body).toEqual({ ...event, calendarId: user.calendarId(), connectionId: user.connectionId })
    }
    const again = [...odd.slice(0, 3), { id: 'noetag', summary: 'two', ...day }]
    world.google().clearFaults()
    answers([{ items: again, nextSyncToken: 'T2' }])
    expect(await synced(user)).toMatchObject({ counts: { upserted: 1, unchanged: 3 } })
  })

  it('a description of 10 MB comes through whole', async () => {
    const user = world.newUser()
    const description = 'ä"\\\n'.repeat(2_000_000)
    world.google().putUncheckedEvent(user.email, { id: 'huge0000', description, ...day })
    await world.connected(service, user)
    const { body } = await world.call(service, '/v1/calendar/events/huge0000', { sub: user.user })
    expect(body.description === description).toBe(true)
  })

  it('ids with odd characters are found again, and two that become one are one', async () => {
    const user = await world.connected(service)
    const odd = [
      'a/b?c#d%2Fe',
      'é 日本 🎈',
      "'; drop table calendar_event",
      '../..',
      'x'.repeat(1024),
      'Case',
      'case',
    ]
    const items = [...odd, 'nul\u0000', 'nul'].map((id, nr) => ({ id, etag: `"${nr}"`, ...day }))
    answers([{ items, nextSyncToken: 'T1' }])
    expect(await synced(user)).toMatchObject({ status: 'completed' })
    expect((await ids(user)).toSorted()).toEqual([...odd, 'nul'].toSorted())
    for (const id of odd) {
      const found = await world.call(service, `/v1/calendar/events/${encodeURIComponent(id)}`, {
        sub: user.user,
      })
      expect([id, found.status, found.body.id]).toEqual([id, 200, id])
    }
  })
})
