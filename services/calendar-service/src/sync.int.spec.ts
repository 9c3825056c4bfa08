import { randomUUID } from 'node:crypto'
import { contracts, decodeEvent, type PublicEvent } from '@evergrant/event-contracts'
import { openDatabase, sqlOf } from '@evergrant/event-store'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { CalendarService } from './service.ts'
import { useCalendarWorld } from './testing.ts'

const at = (dateTime: string) => ({ dateTime, timeZone: 'Europe/Berlin' })

describe('syncing a calendar', () => {
  const world = useCalendarWorld()
  const published: PublicEvent[] = []
  let service: CalendarService

  beforeAll(async () => {
    service = await world.start()
    world.bus().consume({ stream: 'CALENDAR', durable: 'spec' }, async (messages) => {
      published.push(...messages.map(decodeEvent))
      return { status: 'done' }
    })
  })

  it('copies everything once the connection works, and keeps every field', async () => {
    const user = world.newUser()
    world.google().seedEvents(user.email, { count: 30, seed: 1 })
    const special = { id: 'special1', summary: 'Ünïcode', colorId: '7', unknownField: { deep: [1] } }
    const times = { start: at('2026-06-01T09:00:00+02:00'), end: at('2026-06-01T10:00:00+02:00') }
    world.google().putEvent(user.email, { ...special, ...times })
    await world.connectionIs(user)
    const calendars = await world.calendars(service, user)
    expect(calendars).toMatchObject([
      { id: user.calendarId(), connectionId: user.connectionId, googleId: user.email, primary: true },
    ])
    const events = await world.events(service, user, '&showCancelled=true')
    expect(events).toHaveLength(31)
    expect(events.find((event) => event.id === 'special1')).toMatchObject({
      ...special,
      ...times,
      calendarId: user.calendarId(),
      connectionId: user.connectionId,
    })
  })

  it('asks once for an empty delta, advances, and calls nothing a change', async () => {
    const user = await world.connected(service)
    const sync = await world.sync(service, user, { calendarId: user.calendarId() })
    expect(sync).toMatchObject({
      status: 'completed',
      mode: 'incremental',
      counts: { pages: 1, upserted: 0, deleted: 0, unchanged: 0 },
    })
    expect(world.eventRequests()).toHaveLength(1)
    expect(await world.all(service, '/v1/calendar/changes', user.user)).toEqual([])
  })

  it('brings what changed and what was deleted, once each, to the feed and to the bus', async () => {
    const user = world.newUser()
    world.google().seedEvents(user.email, { count: 12, seed: 3 })
    const kept = world.google().putEvent(user.email, {
      summary: 'kept',
      start: at('2026-05-01T09:00:00Z'),
      end: at('2026-05-01T10:00:00Z'),
    })
    const gone = world.google().putEvent(user.email, {
      summary: 'gone',
      start: at('2026-05-02T09:00:00Z'),
      end: at('2026-05-02T10:00:00Z'),
    })
    await world.connected(service, user)
    const start = await world.call(service, '/v1/calendar/changes?cursor=now', { sub: user.user })

    world.google().putEvent(user.email, { id: kept.id, summary: 'changed' })
    world.google().deleteEvent(user.email, gone.id)
    const sync = await world.sync(service, user)
    expect(sync).toMatchObject({
      mode: 'incremental',
      counts: { pages: 2, upserted: 1, deleted: 1, unchanged: 0 },
    })
    await world.sync(service, user)

    const changes = await world.call(service, `/v1/calendar/changes?cursor=${start.body.nextCursor}`, {
      sub: user.user,
    })
    expect(changes.body).toMatchObject({ hasMore: false })
    expect(changes.body.items).toMatchObject([
      { eventId: kept.id, kind: 'upserted', event: { summary: 'changed' } },
      { eventId: gone.id, kind: 'deleted' },
    ])
    const remaining = await world.events(service, user)
    expect(remaining.map(({ id }) => id)).not.toContain(gone.id)
    const withCancelled = await world.events(service, user, '&showCancelled=true')
    expect(withCancelled.find((event) => event.id === gone.id)).toMatchObject({
      status: 'cancelled',
      summary: 'gone',
    })
    await vi.waitFor(
      () => {
        const batches = published.filter(
          ({ contract, data }) =>
            contract === contracts.calendarEventsChanged &&
            (data as { connectionId: string }).connectionId === user.connectionId,
        )
        expect(batches).toHaveLength(2)
        expect(batches.at(-1)?.data).toMatchObject({
          calendarId: user.calendarId(),
          changes: [
            { eventId: kept.id, kind: 'upserted' },
            { eventId: gone.id, kind: 'deleted' },
          ],
        })
      },
      { timeout: 15_000 },
    )
  })

  it('keeps paging over empty and short pages, with the token of the last one (B1.3, B1.4)', async () => {
    const user = world.newUser()
    world.google().seedEvents(user.email, { count: 7, seed: 4 })
    await world.connectionIs(user, { status: 'needs_reauthorization', reason: 'revoked_at_google' })
    // The first page is the calendar list's.
    world.google().planPages([10, 2, 0, 3, 0])
    await world.connectionIs(user)
    await world.calendars(service, user)
    expect(await world.events(service, user, '&showCancelled=true')).toHaveLength(7)
    expect(world.eventRequests().length).toBeGreaterThanOrEqual(5)
    expect(await world.sync(service, user)).toMatchObject({ mode: 'incremental', status: 'completed' })
  })

  it('tells on the bus when a sync is asked for, runs and ends', async () => {
    const user = await world.connected(service)
    const sync = await world.sync(service, user)
    const own = () => published.filter(({ data }) => (data as { syncId?: string }).syncId === sync.id)
    await vi.waitFor(
      () =>
        expect(own().map(({ contract }) => contract.name)).toEqual([
          'SyncRequested',
          'SyncStarted',
          'SyncCompleted',
        ]),
      { timeout: 15_000 },
    )
    expect(own()[2]?.data).toMatchObject({ connectionIds: [user.connectionId], counts: sync.counts })
  })

  it('keeps no account of its own events: what it said, it knows', async () => {
    const user = await world.connected(service)
    const { id } = await world.sync(service, user)
    const own = () => published.filter(({ data }) => (data as { syncId?: string }).syncId === id)
    await vi.waitFor(() => expect(own()).toHaveLength(3), { timeout: 15_000 })
    // What came after it has been taken from the same stream, so its turn is over.
    const connectionId = randomUUID()
    await world.publish(
      contracts.syncRequested,
      { connectionId, mode: 'incremental', cause: 'user' },
      { source: 'scheduler', streamId: connectionId },
    )
    const database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
    const sources = () =>
      sqlOf(database)<{ source: string }>('select distinct source from inbox.cursor order by source')
    await vi.waitFor(async () => expect(await sources()).toContainEqual({ source: 'scheduler' }), {
      timeout: 15_000,
    })
    expect(await sources()).toEqual([{ source: 'scheduler' }, { source: 'token-service' }])
    await database.close()
  })

  it('leads everything on the bus back to the request', async () => {
    const user = await world.connected(service)
    world.google().putEvent(user.email, { start: { date: '2026-03-01' }, end: { date: '2026-03-02' } })
    const requestId = randomUUID()
    const asked = await world.call(service, '/v1/calendar/syncs', {
      sub: user.user,
      method: 'POST',
      body: {},
      headers: { 'x-request-id': requestId },
    })
    await world.ended(service, user, asked.body.id ?? '')
    await vi.waitFor(
      () => {
        const led = published.filter(({ attributes }) => attributes.correlationId === requestId)
        expect(led.map(({ contract }) => contract.name).sort()).toEqual([
          'CalendarEventsChanged',
          'SyncCompleted',
          'SyncRequested',
          'SyncStarted',
        ])
      },
      { timeout: 15_000 },
    )
  })

  it('finds new calendars, and closes the events of those that are gone (B7.86)', async () => {
    const user = await world.connected(service)
    const { id: team } = world.google().addCalendar({ email: user.email, summary: 'Team #1 / ops' })
    world.google().seedEvents(team, { count: 5, seed: 9 })
    await world.sync(service, user)
    await world.calendars(service, user)
    const inTeam = `&showCancelled=true&calendarId=${user.calendarId(team)}`
    expect(await world.events(service, user, inTeam)).toHaveLength(5)
    world.google().share(team, { email: user.email, accessRole: 'none' })
    await world.sync(service, user)
    expect(await world.calendars(service, user)).toHaveLength(1)
    const asked = await world.call(service, `/v1/calendar/events?calendarId=${user.calendarId(team)}`, {
      sub: user.user,
    })
    expect(asked).toMatchObject({ status: 404, body: { code: 'unknown_calendar' } })
    const changes = await world.all(service, '/v1/calendar/changes?limit=200', user.user)
    expect(changes.at(-1)).toMatchObject({ calendarId: user.calendarId(team), kind: 'deleted' })
  })
})
