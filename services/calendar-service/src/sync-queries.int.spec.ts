import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

const day = { start: { date: '2026-03-01' }, end: { date: '2026-03-02' } }

describe('what Google is asked for', () => {
  const world = useCalendarWorld()
  let service: CalendarService

  beforeAll(async () => {
    service = await world.start()
  })

  const put = (user: ConnectedUser, ...ids: readonly string[]) => {
    for (const id of ids) world.google().putEvent(user.email, { id, ...day })
  }
  const synced = (user: ConnectedUser, mode = 'incremental') =>
    world.sync(service, user, { calendarId: user.calendarId(), mode })
  const queries = () => world.eventRequests().map(({ query }) => query)
  const lists = () =>
    world
      .google()
      .requests({ path: '/calendar/v3/users/me/calendarList' })
      .map(({ query }) => query)

  it('is the delta after the last token, which moves on when nothing happened, and so does the time (B1.6)', async () => {
    const user = await world.connected(service)
    const lastSyncedAt = async () => {
      const [calendar] = await world.calendars(service, user)
      return z.object({ sync: z.object({ lastSyncedAt: z.coerce.date() }) }).parse(calendar).sync.lastSyncedAt
    }
    const before = await lastSyncedAt()
    await synced(user)
    await synced(user)
    const tokens = queries().map(({ syncToken }) => syncToken)
    expect(new Set(tokens).size).toBe(2)
    expect((await lastSyncedAt()).getTime()).toBeGreaterThan(before.getTime())
    expect(await world.all(service, '/v1/calendar/changes', user.user)).toEqual([])
  })

  it('is the same query with the same token for every page of a delta (B1.2, B1.7)', async () => {
    const user = await world.connected(service)
    put(user, 'first1', 'second2', 'third3')
    world.google().planPages([1, 1, 1])
    expect(await synced(user)).toMatchObject({ mode: 'incremental', counts: { pages: 3, upserted: 3 } })
    const [first, ...others] = queries()
    expect(others).toHaveLength(2)
    expect(first?.pageToken).toBeUndefined()
    for (const { pageToken, ...query } of others) {
      expect(query).toEqual(first)
      expect(pageToken).toBeDefined()
    }
    await synced(user)
    expect(queries().at(-1)?.syncToken).not.toBe(first?.syncToken)
  })

  it('is whole series without filter, window or order, in the first list and after it (B1.8, B1.9, B1.11, B1.12, B2.43)', async () => {
    const user = world.newUser()
    put(user, 'first1', 'second2')
    await world.connectionIs(user)
    await world.calendars(service, user)
    put(user, 'third3')
    world.google().deleteEvent(user.email, 'first1')
    expect(await synced(user)).toMatchObject({ mode: 'incremental', counts: { upserted: 1, deleted: 1 } })
    const plain = { maxResults: '2500', singleEvents: 'false' }
    expect(queries()).toEqual([plain, { ...plain, syncToken: expect.any(String) }])
  })

  it('is every calendar there is, the hidden ones too, with no filter beside the token (B7.84)', async () => {
    const user = world.newUser()
    const { id: hidden } = world.google().addCalendar({ email: user.email, summary: 'Hidden' })
    const { id: taken } = world.google().addCalendar({ email: user.email, summary: 'Taken off' })
    world.google().changeListEntry(hidden, { email: user.email, hidden: true })
    await world.connectionIs(user)
    expect(await world.calendars(service, user)).toHaveLength(3)
    world.google().changeListEntry(taken, { email: user.email, deleted: true })
    await world.sync(service, user)
    const names = (await world.calendars(service, user)).map(({ googleId }) => googleId)
    expect(names.toSorted()).toEqual([user.email, hidden].toSorted())
    const plain = { maxResults: '250', showHidden: 'true' }
    expect(lists()).toEqual([plain, { ...plain, syncToken: expect.any(String) }])
  })

  it('is a calendar by its own id, encoded once, and never `primary` (B1.26, B1.27)', async () => {
    const user = world.newUser()
    const odd = `de.ümlaut#holiday/${user.user} 100%2F+x@group.v.calendar.google.com`
    world.google().addCalendar({ email: user.email, id: odd, summary: 'Odd' })
    world.google().putEvent(odd, { id: 'oddly1', ...day })
    await world.connectionIs(user)
    await world.calendars(service, user)
    const paths = world.eventRequests().map(({ path }) => path)
    const pathOf = (id: string) => `/calendar/v3/calendars/${encodeURIComponent(id)}/events`
    expect(paths.toSorted()).toEqual([pathOf(user.email), pathOf(odd)].toSorted())
    expect(await world.events(service, user)).toMatchObject([
      { id: 'oddly1', calendarId: user.calendarId(odd) },
    ])
  })
})
